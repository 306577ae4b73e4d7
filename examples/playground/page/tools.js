// The tools that the model may call. They run in this page.

import * as v from 'valibot'
import { tool } from './stand-ins/stream-tools.js'

/** The parts of each tool. A function uses nothing around it, as its source goes into the code that can be copied. */
export const definitions = [
  {
    name: 'get_weather',
    description: 'The current weather of a city',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
    },
    input: v.object({ city: v.string() }),
    // Made up, but always the same for a city.
    execute: ({ city }) => {
      const skies = ['clear', 'cloudy', 'light rain', 'fog']
      const seed = [...city].reduce((sum, letter) => sum + letter.codePointAt(0), 0)
      return { city, sky: skies[seed % skies.length], celsius: 5 + (seed % 25) }
    },
  },
  {
    name: 'roll_dice',
    description: 'Rolls dice with six sides',
    parameters: {
      type: 'object',
      properties: { count: { type: 'integer', minimum: 1, maximum: 10 } },
    },
    input: v.object({ count: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10))) }),
    execute: ({ count = 2 }) => ({
      dice: Array.from({ length: count }, () => 1 + Math.floor(Math.random() * 6)),
    }),
  },
]

export const tools = definitions.map(tool)
