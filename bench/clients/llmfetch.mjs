import { messages, model, plainCalls, requestSource, tools } from '../lib/request.mjs'

/** What the import of a client's modules is measured by. */
export const ourEntry = new URL('../../dist/index.js', import.meta.url).href

export const settings = "{ baseUrl: 'https://llm.example/v1', apiKey: async () => 'k' }"
const request = { model, messages }

/** The functions, with or without policies. */
export function functions(name, policiesFor, programs, settingsNote) {
  return {
    name,
    packages: [],
    imports: [ourEntry],
    settings: settingsNote,
    async connect({ baseUrl, timeout }) {
      const llmfetch = await import('../../dist/index.js')
      const client = llmfetch.createClient({ baseUrl, apiKey: 'k', policies: policiesFor(llmfetch, timeout) })
      return {
        async call() {
          return (await llmfetch.createChatCompletion(client, request)).choices[0].message.content
        },
        async stream({ onText, signal } = {}) {
          let text = ''
          let finish
          for await (const chunk of llmfetch.streamChatCompletion(client, request, { signal })) {
            const choice = chunk.choices[0]
            const piece = choice?.delta.content ?? ''
            text += piece
            finish = choice?.finishReason ?? finish
            if (piece && onText && (await onText(piece)) === false) break
          }
          return { text, finish }
        },
        async tools() {
          const stream = llmfetch.streamChatCompletion(client, { ...request, tools })
          const { choices } = await llmfetch.finalCompletion(stream)
          return callsOf(choices[0].message)
        },
      }
    },
    programs,
  }
}

export function callsOf({ toolCalls = [] }) {
  return plainCalls(
    toolCalls.map(({ function: { name, arguments: input } }) => {
      return { name, input }
    }),
  )
}

export default functions(
  'llmfetch',
  ({ timeout: limit }, timeout) => (timeout ? [limit(timeout)] : []),
  {
    call: `
      import { createClient, createChatCompletion } from 'llmfetch'
      const client = createClient(${settings})
      console.log((await createChatCompletion(client, ${requestSource})).choices[0].message.content)`,
    stream: `
      import { createClient, streamChatCompletion, textStream } from 'llmfetch'
      const client = createClient(${settings})
      for await (const text of textStream(streamChatCompletion(client, ${requestSource}))) console.log(text)`,
  },
  '`policies: [timeout(1000)]`',
)
