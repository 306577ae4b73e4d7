// A policy around another client's fetch: whoever takes a `fetch` can be given one with retries, time limits and a breaker.
//
//   new OpenAI({ maxRetries: 0, fetch: resilient(fetch) })
//   createOpenAI({ fetch: resilient(fetch) })          // the AI SDK
//
// Here it is ofetch's, whose own retries are switched off. Run it with `node examples/retry-any-sdk.mjs`.

import { circuitBreaker, compose, retry, timeout } from 'llmfetch'
import { createFakeFetch } from 'llmfetch/testing'
import { createFetch } from 'ofetch'

const resilient = compose(
  retry({
    initialDelay: 100,
    onRetry: ({ attempt, response, delay }) =>
      console.log(`attempt ${attempt}: ${response?.status ?? 'no answer'}, again in ${Math.round(delay)} ms`),
  }),
  circuitBreaker(),
  timeout({ headers: 30_000, idle: 60_000 }),
)

// A service in trouble: overloaded, then gone, then well.
const service = createFakeFetch({ faults: [{ status: 503 }, { reset: 'headers' }] })

const ask = createFetch({ fetch: resilient(service) }).create({ retry: 0 })
const answer = await ask('https://api.example.com/v1/chat/completions', {
  method: 'POST',
  body: { model: 'fake-small', messages: [{ role: 'user', content: 'Say hello to Ada' }] },
})
console.log(answer.choices[0].message.content)
