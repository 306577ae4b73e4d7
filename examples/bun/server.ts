// A server that holds the key and relays the model's answer while it arrives.
//
//   LLM_API_KEY=sk-… bun run server.ts
//   curl -N localhost:3000 -d '{"messages":[{"role":"user","content":"Why is the sky blue?"}]}'

import {
  createClient,
  isLLMError,
  type Message,
  retry,
  streamChatCompletion,
  timeout,
  toSSEResponse,
} from 'llmfetch'

const { LLM_BASE_URL, LLM_API_KEY, LLM_MODEL = 'gpt-4.1-mini', PORT = '3000' } = process.env

const client = createClient({
  baseUrl: LLM_BASE_URL, // OpenAI's where it is not set
  apiKey: LLM_API_KEY,
  policies: [retry({ maxRetries: 2 }), timeout({ headers: 30_000, firstEvent: 30_000, idle: 30_000 })],
})

/** An error in the shape that every OpenAI client reads. */
function refuse(status: number, message: string, type = 'invalid_request_error'): Response {
  return Response.json({ error: { message, type } }, { status })
}

export default {
  port: Number(PORT),
  /** In seconds. Bun closes a connection after 10 seconds of silence, and a model may think for longer. */
  idleTimeout: 60,
  async fetch(request: Request): Promise<Response> {
    if (request.method !== 'POST') return new Response('POST a conversation', { status: 405 })
    // The page chooses what is said, not the model nor how much of it: these cost money.
    const body = (await request.json().catch(() => null)) as { messages?: Message[] } | null
    if (!Array.isArray(body?.messages)) return refuse(400, 'The body must be JSON with a list of messages')
    const asked = { model: LLM_MODEL, messages: body.messages, maxTokens: 1000 }
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
