import { createClient, streamChatCompletion, textStream } from 'llmfetch'
import { createFakeFetch } from 'llmfetch/testing'

export async function ask(
  question: string,
  breaks: boolean,
  signal: AbortSignal,
  write: (text: string) => void,
) {
  const fetch = createFakeFetch({ chunkDelay: 60, faults: breaks ? { reset: 12 } : {} })
  const client = createClient({ fetch }) // yours: { baseUrl: '/api' }, a server that holds the key
  const messages = [{ role: 'user' as const, content: question }]
  const stream = streamChatCompletion(client, { model: 'fake-small', messages }, { signal })
  for await (const text of textStream(stream)) write(text)
}
