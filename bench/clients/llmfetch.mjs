import { callsOf, readChunks } from '../lib/read.mjs'
import { messages, model, requestSource, tools } from '../lib/request.mjs'

export const settings = "{ baseUrl: 'https://llm.example/v1', apiKey: async () => 'k' }"
const request = { model, messages }

/** The programs that are bundled: with the names they import besides, and what the client is made with. */
function programsWith(names, clientSettings) {
  return {
    call: `
      import { createClient, createChatCompletion${names} } from 'llmfetch'
      const client = createClient(${clientSettings})
      console.log((await createChatCompletion(client, ${requestSource})).choices[0].message.content)`,
    stream: `
      import { createClient, streamChatCompletion, textStream${names} } from 'llmfetch'
      const client = createClient(${clientSettings})
      for await (const text of textStream(streamChatCompletion(client, ${requestSource}))) console.log(text)`,
  }
}

/** The functions, with or without policies. */
function functions(name, policiesFor, programs) {
  return {
    name,
    packages: [],
    imports: ['llmfetch'],
    settings: '`policies: [timeout(1000)]`',
    async connect({ baseUrl, timeout }) {
      const llmfetch = await import('../../dist/index.js')
      const client = llmfetch.createClient({ baseUrl, apiKey: 'k', policies: policiesFor(llmfetch, timeout) })
      return {
        async call() {
          return (await llmfetch.createChatCompletion(client, request)).choices[0].message.content
        },
        stream({ onText, signal } = {}) {
          const stream = llmfetch.streamChatCompletion(client, request, { signal })
          return readChunks(stream, 'finishReason', onText)
        },
        async tools() {
          const stream = llmfetch.streamChatCompletion(client, { ...request, tools })
          const { choices } = await llmfetch.finalCompletion(stream)
          return callsOf(choices[0].message.toolCalls)
        },
      }
    },
    programs,
  }
}

export const withPolicies = functions(
  'llmfetch, retry + timeout',
  ({ retry, timeout }) => [
    timeout({ total: 600_000 }),
    retry(),
    timeout({ headers: 10_000, firstEvent: 60_000, idle: 60_000 }),
  ],
  programsWith(', retry, timeout', `{ ...${settings}, policies: [retry(), timeout(60000)] }`),
)

export default functions(
  'llmfetch',
  ({ timeout: limit }, timeout) => (timeout ? [limit(timeout)] : []),
  programsWith('', settings),
)
