// A route that relays the model's answer while it arrives. Put your own login in front of it.
//
//   curl -N localhost:8787/chat -d '{"messages":[{"role":"user","content":"Why is the sky blue?"}]}'

import { Hono } from 'hono'
import { env } from 'hono/adapter'
import { createClient, isLLMError, retry, streamChatCompletion, timeout, toSSEResponse } from 'llmfetch'

type Env = { LLM_BASE_URL: string; LLM_API_KEY: string; LLM_MODEL: string }

const app = new Hono()

app.post('/chat', async c => {
  const { LLM_BASE_URL, LLM_API_KEY, LLM_MODEL } = env<Env>(c)
  const client = createClient({
    baseUrl: LLM_BASE_URL,
    apiKey: LLM_API_KEY,
    policies: [retry({ maxRetries: 2 }), timeout({ headers: 30_000, firstEvent: 30_000, idle: 30_000 })],
  })
  // The page chooses what is said, not the model nor how much of it: these cost money.
  const { messages } = await c.req.json()
  const asked = { model: LLM_MODEL, messages, maxTokens: 1000 }
  const stream = streamChatCompletion(client, asked, { signal: c.req.raw.signal })
  // Comes with the first event: what fails before it goes to onError, and has a status of its own.
  await stream.response
  return toSSEResponse(stream)
})

app.onError((error, c) => {
  if (!isLLMError(error)) throw error
  return c.json({ error: { message: 'The model cannot answer now', type: error.name } }, 502)
})

export default app
