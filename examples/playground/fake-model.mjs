// The model behind the playground where no other is named: a healthy one of two sizes, and one for each kind of trouble.

import { startFakeServer } from 'llmfetch/testing/server'

const troubles = {
  'trouble-cut': { cut: 12 },
  'trouble-broken-connection': { reset: 12 },
  'trouble-silent': { stall: 12 },
  'trouble-garbage': { garbage: true },
  'trouble-overloaded': { status: 503, headers: { 'retry-after-ms': '200' } },
  'trouble-rate-limit': { status: 429, headers: { 'retry-after': '90' } },
}

const KEY = 'sk-fake-model'

/**
 * Starts it on a free port. Its key is that of the Worker, which is how one sees that the page needs none.
 *
 * @param chunkDelay milliseconds between two tokens
 */
export async function startFakeModel(chunkDelay = 35) {
  const server = await startFakeServer({
    apiKey: KEY,
    models: ['fake-small', 'fake-large', ...Object.keys(troubles)],
    chunkDelay,
    faults: ({ body }) => troubles[body?.model],
  })
  return { server, bindings: { LLM_BASE_URL: server.baseUrl, LLM_API_KEY: KEY } }
}
