import { callsOf, readChunks } from '../lib/read.mjs'
import { messages, model, requestSource, tools } from '../lib/request.mjs'

const create = `
  import OpenAI from 'openai'
  const client = new OpenAI({ baseURL: 'https://llm.example/v1', apiKey: 'k' })
`

export default {
  name: 'openai',
  packages: ['openai'],
  imports: ['openai'],
  needsContentType: true,
  settings: '`maxRetries: 0, timeout: 1000`',
  async connect({ baseUrl, timeout }) {
    const { default: OpenAI } = await import('openai')
    const hostile = timeout ? { timeout, maxRetries: 0 } : {}
    const { completions } = new OpenAI({ baseURL: baseUrl, apiKey: 'k', ...hostile }).chat
    return {
      async call() {
        return (await completions.create({ model, messages })).choices[0].message.content
      },
      async stream({ onText, signal } = {}) {
        const chunks = await completions.create({ model, messages, stream: true }, { signal })
        return readChunks(chunks, 'finish_reason', onText)
      },
      async tools() {
        const { choices } = await completions.stream({ model, messages, tools }).finalChatCompletion()
        return callsOf(choices[0].message.tool_calls)
      },
    }
  },
  programs: {
    call: `${create}
      console.log((await client.chat.completions.create(${requestSource})).choices[0].message.content)`,
    stream: `${create}
      const stream = await client.chat.completions.create({ ...${requestSource}, stream: true })
      for await (const chunk of stream) console.log(chunk.choices[0]?.delta.content)`,
  },
}
