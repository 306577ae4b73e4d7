// What the model may call. It all happens in this page.

const skies = ['clear', 'cloudy', 'light rain', 'fog']

const functions = {
  /** Made up, but always the same for a city. */
  get_weather({ city }) {
    const seed = [...String(city)].reduce((sum, letter) => sum + letter.codePointAt(0), 0)
    return { city, sky: skies[seed % skies.length], celsius: 5 + (seed % 25) }
  },
  roll_dice({ count = 2 }) {
    const dice = Math.min(Math.max(Math.trunc(count), 1), 10)
    return { dice: Array.from({ length: dice }, () => 1 + Math.floor(Math.random() * 6)) }
  },
}

function describe(name, description, properties, required = []) {
  const parameters = { type: 'object', properties, required }
  return { type: 'function', function: { name, description, parameters } }
}

export const tools = [
  describe('get_weather', 'The current weather of a city', { city: { type: 'string' } }, ['city']),
  describe('roll_dice', 'Rolls dice with six sides', { count: { type: 'integer', minimum: 1, maximum: 10 } }),
]

/** The result of a call, as text for the model. What goes wrong is a result too: the model may do better the next time. */
export function runTool({ function: { name, arguments: json } }) {
  try {
    if (!Object.hasOwn(functions, name)) throw new Error(`There is no tool ${name}`)
    return JSON.stringify(functions[name](JSON.parse(json)))
  } catch (error) {
    return JSON.stringify({ error: error.message })
  }
}
