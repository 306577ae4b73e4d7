// Prints an answer while it arrives.
//
//   LLM_API_KEY=sk-… node chat.mjs "Why is the sky blue?"

import process from 'node:process'
import { createClient, isLLMError, retry, streamChatCompletion, textStream, timeout } from 'llmfetch'

const { LLM_BASE_URL, LLM_API_KEY, LLM_MODEL = 'gpt-4.1-mini' } = process.env

const client = createClient({
  baseUrl: LLM_BASE_URL, // OpenAI's where it is not set
  apiKey: LLM_API_KEY,
  policies: [retry({ maxRetries: 2 }), timeout({ headers: 30_000, firstEvent: 30_000, idle: 30_000 })],
})

const question = process.argv[2] ?? 'Why is the sky blue?'
const stream = streamChatCompletion(client, {
  model: LLM_MODEL,
  messages: [{ role: 'user', content: question }],
})
try {
  for await (const text of textStream(stream)) process.stdout.write(text)
  console.log()
} catch (error) {
  // What had arrived is printed already.
  if (!isLLMError(error)) throw error
  console.error(`\n${error.name}: ${error.message}`)
  process.exitCode = 1
}
