// A route that relays the model's answer while it arrives. Put your own login in front of it.
//
//   curl -N localhost:8787/v1/chat/completions -d '{"messages":[{"role":"user","content":"Why is the sky blue?"}]}'
//
// Any OpenAI client can call it, llmfetch's too: createClient({ baseUrl: 'http://localhost:8787/v1' }).

import { Hono } from 'hono'
import { env } from 'hono/adapter'
import { HTTPException } from 'hono/http-exception'
import {
  createClient,
  isLLMError,
  type Message,
  retry,
  streamChatCompletion,
  timeout,
  toSSEResponse,
} from 'llmfetch'

type Env = { LLM_BASE_URL: string; LLM_API_KEY: string; LLM_MODEL: string }

const app = new Hono()

app.post('/v1/chat/completions', async c => {
  const body: { messages?: Message[] } | null = await c.req.json().catch(() => null)
  if (!Array.isArray(body?.messages))
    throw new HTTPException(400, { message: 'The body must be JSON with a list of messages' })
  const { LLM_BASE_URL, LLM_API_KEY, LLM_MODEL } = env<Env>(c)
  const client = createClient({
    baseUrl: LLM_BASE_URL,
    apiKey: LLM_API_KEY,
    policies: [retry({ maxRetries: 2 }), timeout({ headers: 30_000, firstEvent: 30_000, idle: 30_000 })],
  })
  // The page chooses what is said, not the model nor how much of it: these cost money.
  const asked = { model: LLM_MODEL, messages: body.messages, maxTokens: 1000 }
  const stream = streamChatCompletion(client, asked, { signal: c.req.raw.signal })
  // Comes with the first event: what fails before it goes to onError, and has a status of its own.
  await stream.response
  return toSSEResponse(stream)
})

/** Errors in the shape that every OpenAI client reads. */
app.onError((error, c) => {
  const type = 'invalid_request_error'
  if (error instanceof HTTPException) return c.json({ error: { message: error.message, type } }, error.status)
  if (!isLLMError(error)) throw error
  if (error.name === 'ValidationError')
    return c.json({ error: { message: 'The model does not take this request', type } }, 400)
  return c.json({ error: { message: 'The model cannot answer now', type: error.name } }, 502)
})

export default app
