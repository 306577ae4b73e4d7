// A program to be tested. It makes its client of what it is given, so that a test can give it a `fetch` without a network.

import {
  createClient,
  generateObject,
  IncompleteStreamError,
  isLLMError,
  RateLimitError,
  retry,
  streamTools,
  timeout,
  tool,
} from 'llmfetch'
import { z } from 'zod'

const Booking = z.object({ city: z.string(), nights: z.number() })

/** `config` is that of `createClient`: `{ apiKey }` in production, `{ fetch }` in tests. */
export function createAssistant({ model, degreesIn, ...config }) {
  const client = createClient({
    policies: [retry({ maxRetries: 2 }), timeout({ headers: 30_000, idle: 30_000 })],
    ...config,
  })
  const weather = tool({
    name: 'get_weather',
    description: 'The weather of a city',
    input: z.object({ city: z.string() }),
    execute: async ({ city }) => `It is ${await degreesIn(city)} degrees in ${city}.`,
  })
  const ask = content => ({ model, messages: [{ role: 'user', content }] })

  return {
    /** Answers with the help of the weather, and tells the text to `show` while it comes. */
    async answer(question, show, signal) {
      const request = { ...ask(question), tools: [weather] }
      for await (const event of streamTools(client, request, { maxSteps: 5, signal })) {
        if (event.type === 'text') show(event.delta)
        if (event.type === 'end') return event.run.stopped
      }
    },
    async readBooking(mail) {
      return (await generateObject(client, ask(mail), Booking)).parsed
    },
  }
}

/** What to tell somebody of a failure. */
export function explain(error) {
  if (!isLLMError(error)) return 'Stopped.'
  if (error instanceof RateLimitError) return 'Please wait a moment.'
  if (error instanceof IncompleteStreamError) return 'The answer broke off. Please ask again.'
  return error.retryable ? 'The model cannot answer right now.' : 'That did not work.'
}
