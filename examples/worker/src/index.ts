// A Worker that holds the key and relays the model's answer while it arrives.
//
//   curl -N https://llmfetch-worker.you.workers.dev -d '{"messages":[{"role":"user","content":"Why is the sky blue?"}]}'

import {
  createClient,
  isLLMError,
  type Message,
  retry,
  streamChatCompletion,
  timeout,
  toSSEResponse,
} from 'llmfetch'

interface Env {
  LLM_BASE_URL: string
  LLM_API_KEY: string
  LLM_MODEL: string
  LIMIT: { limit(options: { key: string }): Promise<{ success: boolean }> }
}

/** An error in the shape that every OpenAI client reads. */
function refuse(status: number, message: string, type = 'invalid_request_error'): Response {
  return Response.json({ error: { message, type } }, { status })
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    if (request.method !== 'POST') return new Response('POST a conversation', { status: 405 })
    const { success } = await env.LIMIT.limit({ key: request.headers.get('cf-connecting-ip') ?? '' })
    if (!success) return new Response('Too many requests', { status: 429 })
    // The page chooses what is said, not the model nor how much of it: these cost money.
    const body = (await request.json().catch(() => null)) as { messages?: Message[] } | null
    if (!Array.isArray(body?.messages)) return refuse(400, 'The body must be JSON with a list of messages')
    const client = createClient({
      baseUrl: env.LLM_BASE_URL,
      apiKey: env.LLM_API_KEY,
      policies: [retry({ maxRetries: 2 }), timeout({ headers: 30_000, firstEvent: 30_000, idle: 30_000 })],
    })
    const asked = { model: env.LLM_MODEL, messages: body.messages, maxTokens: 1000 }
    const stream = streamChatCompletion(client, asked, { signal: request.signal })
    try {
      // Comes with the first event: what fails before it can still have a status of its own.
      await stream.response
      return toSSEResponse(stream)
    } catch (error) {
      if (!isLLMError(error)) throw error
      if (error.name === 'ValidationError') return refuse(400, 'The model does not take this request')
      return refuse(502, 'The model cannot answer now', error.name)
    }
  },
}
