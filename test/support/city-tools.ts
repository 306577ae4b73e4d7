import { type RunnableTool, type Schema, tool } from '../../src/index.ts'

/** A Standard Schema by hand: an object with a text `city`. */
export const City: Schema<{ city: string }> = {
  '~standard': {
    validate(value) {
      const { city } = Object(value)
      return typeof city === 'string'
        ? { value: { city } }
        : { issues: [{ path: ['city'], message: 'must be a text' }] }
    },
    jsonSchema: {
      input: () => ({ type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }),
    },
  },
}

export const weather: RunnableTool<{ city: string }> = tool({
  name: 'get_weather',
  input: City,
  execute: ({ city }) => ({ city, degrees: city.length }),
})

export const clock: RunnableTool<{ [key: string]: unknown }> = tool({
  name: 'get_time',
  execute: () => 'noon',
})
