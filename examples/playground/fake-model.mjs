// The model behind the playground where no other is named, and all that can be made to go wrong with it.

import { startFakeServer } from 'llmfetch/testing/server'

const always = fault => Array.from({ length: 11 }, () => fault)
const overloaded = { status: 503 }
const rateLimit = seconds => ({ status: 429, headers: { 'retry-after': `${seconds}` } })

/** The faults that the page offers. Each lists what goes wrong with each attempt; those after the last go well. */
const faults = {
  cut: { label: 'Cut in mid answer', attempts: always({ cut: 12 }) },
  broken: { label: 'Connection broken in mid answer', attempts: always({ reset: 12 }) },
  silent: { label: 'Silent in mid answer', attempts: always({ stall: 12 }) },
  garbage: { label: 'Broken JSON in the stream', attempts: always({ garbage: true }) },
  html: { label: "A proxy's page, no answer", attempts: always({ garbage: 'html' }) },
  'overloaded-twice': { label: 'Overloaded twice, then well', attempts: [overloaded, overloaded] },
  overloaded: { label: 'Overloaded for good', attempts: always(overloaded) },
  'unreachable-once': { label: 'No connection, then well', attempts: [{ reset: 'headers' }] },
  'rate-limit': { label: 'Rate limit: wait 2 seconds', attempts: [rateLimit(2)] },
  'rate-limit-long': { label: 'Rate limit: wait 90 seconds', attempts: always(rateLimit(90)) },
}

const thoughts = [
  'The question is a short one, so the answer should be short too. ',
  'First say what happens, then why. ',
  'An example would make it easier to see, but one is enough.',
]

/** Events of a stream that hold what the model thought, in the words of DeepSeek and vLLM. */
const thinking = thoughts
  .map(text => JSON.stringify({ choices: [{ index: 0, delta: { reasoning_content: text } }] }))
  .join('\n\ndata: ')

const KEY = 'sk-fake-model'
const MODELS = ['fake-small', 'fake-large', 'fake-thinking']

/**
 * Starts it on a free port. Its key is that of the Worker, which is how one sees that the page needs none.
 *
 * @param chunkDelay milliseconds between two tokens
 */
export async function startFakeModel(chunkDelay = 35) {
  const server = await startFakeServer({
    apiKey: KEY,
    models: MODELS,
    chunkDelay,
    // An event that is put into the stream: JSON in place of the garbage that this fault is made for.
    faults: ({ body }) => (body?.model === 'fake-thinking' ? { garbage: thinking } : undefined),
  })
  const bindings = {
    LLM_BASE_URL: server.baseUrl,
    LLM_API_KEY: KEY,
    LLM_MODELS: MODELS.join(','),
    LLM_FAULTS: JSON.stringify(faults),
  }
  return { server, bindings }
}
