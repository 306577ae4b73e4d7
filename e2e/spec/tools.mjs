// What the tests are made of.

export const model = 'fake-small'
export const user = content => ({ role: 'user', content })
export const ask = content => ({ model, messages: [user(content)] })
export const question = ask('Why is the sky over Zürich blue? 🌍')

export const getWeather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city',
    parameters: { type: 'object', properties: { cityName: { type: 'string' } }, required: ['cityName'] },
  },
}

export function fail(message) {
  throw new Error(message)
}

export function equal(actual, expected, what = 'value') {
  const [is, should] = [actual, expected].map(value => JSON.stringify(value) ?? String(value))
  if (is !== should) fail(`${what}: ${is} where ${should} was expected`)
}

export function ok(value, what) {
  if (!value) fail(`not so: ${what}`)
}

/** What a promise is rejected with, which must be of this class. */
export async function rejection(promise, type) {
  const error = await promise.then(
    () => fail(`nothing was thrown where ${type.name} was expected`),
    error => error,
  )
  return error instanceof type ? error : fail(`${type.name} was expected: ${error?.stack ?? error}`)
}

export async function read(stream) {
  const chunks = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}

/**
 * Polls, because who disconnects is not told when the other side notices. Returns how long that took: Chromium, aborted between
 * two reads, may wait for the rest of a body for 5 s before it closes.
 */
export async function gone(seen, since, place = 0) {
  const deadline = Date.now() + 20_000
  while (Date.now() < deadline) {
    const { aborted, closedAt } = (await seen()).requests[place]
    if (aborted) return `the server noticed after ${Math.max(0, closedAt - since)} ms`
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  return fail('the server never noticed')
}
