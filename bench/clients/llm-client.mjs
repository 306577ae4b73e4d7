import { messages, model, requestSource, tools } from '../lib/request.mjs'
import { callsOf, ourEntry, settings } from './llmfetch.mjs'

const request = { model, messages }

export default {
  name: 'llmfetch, LLMClient',
  packages: [],
  imports: [ourEntry],
  settings: '`timeout: 1000, retry: false`',
  async connect({ baseUrl, timeout, concurrency = 100 }) {
    const { LLMClient } = await import('../../dist/index.js')
    const hostile = timeout ? { timeout, retry: false, circuitBreaker: false } : {}
    const { completions } = new LLMClient({
      baseUrl,
      apiKey: 'k',
      maxConcurrentRequests: concurrency,
      ...hostile,
    }).chat
    return {
      async call() {
        return (await completions.create(request)).choices[0].message.content
      },
      async stream({ onText, signal } = {}) {
        let text = ''
        let finish
        for await (const chunk of completions.stream(request, { signal })) {
          const choice = chunk.choices[0]
          const piece = choice?.delta.content ?? ''
          text += piece
          finish = choice?.finishReason ?? finish
          if (piece && onText && (await onText(piece)) === false) break
        }
        return { text, finish }
      },
      async tools() {
        const { choices } = await completions.stream({ ...request, tools }).completion()
        return callsOf(choices[0].message)
      },
    }
  },
  programs: {
    call: `
      import { LLMClient } from 'llmfetch'
      const client = new LLMClient(${settings})
      console.log((await client.chat.completions.create(${requestSource})).choices[0].message.content)`,
    stream: `
      import { LLMClient } from 'llmfetch'
      const client = new LLMClient(${settings})
      for await (const text of client.chat.completions.stream(${requestSource}).text()) console.log(text)`,
  },
}
