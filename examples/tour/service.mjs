// Whom the tour talks to: a fake service that it starts, or a real one named by the environment.

import process from 'node:process'
import { ConfigurationError } from 'llmfetch'
import { startFakeServer } from 'llmfetch/testing/server'

/** A real service where `LLM_BASE_URL` names one, else the fake. `server` is there only for the fake. */
export async function openService(
  { LLM_BASE_URL, LLM_API_KEY, LLM_MODEL, LLM_EMBEDDING_MODEL } = process.env,
) {
  if (!LLM_BASE_URL) {
    const server = await startFakeServer({ apiKey: 'sk-demo', chunkDelay: 40 })
    return {
      server,
      name: `a fake service at ${server.baseUrl}`,
      config: { baseUrl: server.baseUrl, apiKey: 'sk-demo' },
      model: 'fake-small',
      embeddingModel: 'fake-embed',
      close: () => server.close(),
    }
  }
  if (!LLM_MODEL) throw new ConfigurationError('With LLM_BASE_URL, set LLM_MODEL to the id of a model there')
  return {
    server: undefined,
    name: `${LLM_MODEL} at ${LLM_BASE_URL}`,
    config: { baseUrl: LLM_BASE_URL, apiKey: LLM_API_KEY || undefined },
    model: LLM_MODEL,
    embeddingModel: LLM_EMBEDDING_MODEL || LLM_MODEL,
    close: async () => {},
  }
}
