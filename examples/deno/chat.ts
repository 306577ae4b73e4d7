// Prints an answer while it arrives. Of the system it may use the network and three variables, nothing else.
//
//   LLM_API_KEY=sk-… deno task chat "Why is the sky blue?"

import { createClient, isLLMError, retry, streamChatCompletion, textStream, timeout } from 'llmfetch'

const client = createClient({
  baseUrl: Deno.env.get('LLM_BASE_URL'), // OpenAI's where it is not set
  apiKey: Deno.env.get('LLM_API_KEY'),
  policies: [retry({ maxRetries: 2 }), timeout({ headers: 30_000, firstEvent: 30_000, idle: 30_000 })],
})

const [question = 'Why is the sky blue?'] = Deno.args
const encoder = new TextEncoder()
const stream = streamChatCompletion(client, {
  model: Deno.env.get('LLM_MODEL') ?? 'gpt-4.1-mini',
  messages: [{ role: 'user', content: question }],
})
try {
  for await (const text of textStream(stream)) await Deno.stdout.write(encoder.encode(text))
  console.log()
} catch (error) {
  // What had arrived is printed already.
  if (!isLLMError(error)) throw error
  console.error(`\n${error.name}: ${error.message}`)
  Deno.exitCode = 1
}
