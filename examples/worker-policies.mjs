// A Worker between a web page and a language model, with every policy that keeps it standing when the service does not.
//
//   curl -N https://your.worker -d '{"messages":[{"role":"user","content":"Hello"}]}'
//
// Its settings are variables and secrets of the Worker: LLM_BASE_URL, LLM_API_KEY, LLM_MODEL, and for the service to ask when
// the first is down FALLBACK_BASE_URL, FALLBACK_API_KEY and FALLBACK_MODEL.

import {
  circuitBreaker,
  concurrencyLimit,
  createClient,
  fallback,
  isLLMError,
  retry,
  streamChatCompletion,
  timeout,
  toSSEResponse,
} from 'llmfetch'

/** Made once: a breaker learns from all requests, a limit counts all of them. */
let client

function connect(env) {
  const { LLM_BASE_URL: baseUrl, LLM_API_KEY: apiKey } = env
  const second = { baseUrl: env.FALLBACK_BASE_URL, apiKey: env.FALLBACK_API_KEY, model: env.FALLBACK_MODEL }
  return createClient({
    baseUrl,
    apiKey,
    // The order is what each of them spans: the first spans all that follows.
    policies: [
      timeout({ total: 120_000 }),
      ...(second.baseUrl ? [fallback({ to: [second] })] : []),
      retry({ maxRetries: 2 }),
      concurrencyLimit({ limit: 20, queue: 200 }),
      circuitBreaker({ failureThreshold: 5, timeout: 30_000 }),
      timeout({ headers: 15_000, firstEvent: 30_000, idle: 30_000 }),
    ],
  })
}

/** An error in the shape that every OpenAI client reads. */
function refuse(status, message, type = 'invalid_request_error', headers = {}) {
  return Response.json({ error: { message, type } }, { status, headers })
}

/** What the page is told; the service's own words may not be for its eyes. */
function refuseFor(error) {
  if (!isLLMError(error)) throw error
  if (error.name === 'ValidationError') return refuse(400, 'The model does not take this request')
  const busy = ['CircuitOpenError', 'QueueFullError', 'RateLimitError'].includes(error.name)
  const wait = error.retryAt === undefined ? 5000 : Math.max(0, error.retryAt - Date.now())
  const headers = busy ? { 'retry-after': `${Math.ceil(wait / 1000)}` } : {}
  return refuse(busy ? 503 : 502, 'The model cannot answer now', error.name, headers)
}

export default {
  async fetch(request, env) {
    if (request.method !== 'POST') return new Response('POST a conversation', { status: 405 })
    // Only the messages are the page's to choose: model and length cost money.
    const body = await request.json().catch(() => null)
    if (!Array.isArray(body?.messages)) return refuse(400, 'The body must be JSON with a list of messages')
    client ??= connect(env)
    const stream = streamChatCompletion(
      client,
      { model: env.LLM_MODEL, messages: body.messages, maxTokens: 500 },
      { signal: request.signal },
    )
    try {
      // With the first event: what fails before it can still have a status of its own.
      const { headers } = await stream.response
      const target = headers.get('x-llmfetch-target')
      return toSSEResponse(stream, target ? { headers: { 'x-answered-by': target } } : {})
    } catch (error) {
      return refuseFor(error)
    }
  },
}
