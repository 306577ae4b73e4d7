// Reads the Worker's variables and secrets, which are the operator's settings.

/** The most tokens that one answer may have, where `LLM_MAX_TOKENS` says nothing. */
const MAX_TOKENS = 4096

const listOf = text => (text ?? '').split(',').flatMap(part => part.trim() || [])

/**
 * Reads the Worker's environment.
 *
 * - `LLM_BASE_URL`, `LLM_API_KEY`: the service, and the key that only the Worker knows.
 * - `LLM_MODEL`, `LLM_MODELS`: what may be asked, the first by default. Names are separated by commas.
 * - `LLM_MAX_TOKENS`: the longest answer.
 * - `PLAYGROUND_HOST`: further names that the page may be opened under, beside those of this machine.
 * - `LLM_FAULTS`: what can be made to go wrong, as JSON. Only a fake model has any.
 */
export function readSettings(env) {
  const { LLM_BASE_URL: baseUrl, LLM_API_KEY: apiKey, LLM_FAULTS: faults = '{}' } = env
  const maxTokens = Math.trunc(env.LLM_MAX_TOKENS)
  return {
    baseUrl,
    apiKey,
    models: [...new Set([...listOf(env.LLM_MODEL), ...listOf(env.LLM_MODELS)])],
    maxTokens: maxTokens > 0 ? maxTokens : MAX_TOKENS,
    hosts: [
      'localhost',
      '127.0.0.1',
      '[::1]',
      ...listOf(env.PLAYGROUND_HOST).map(name => name.toLowerCase()),
    ],
    faults: JSON.parse(faults),
  }
}

/** True where a key could be spent on any model of the service, as no list says on which it may be. */
export const lacksModels = ({ apiKey, models }) => !!apiKey && !models.length
