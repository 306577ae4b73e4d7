import { callsOf, readChunks } from '../lib/read.mjs'
import { messages, model, requestSource, tools } from '../lib/request.mjs'
import { settings } from './llmfetch.mjs'

const request = { model, messages }

export default {
  name: 'llmfetch, LLMClient',
  packages: [],
  imports: ['llmfetch'],
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
      stream({ onText, signal } = {}) {
        return readChunks(completions.stream(request, { signal }), 'finishReason', onText)
      },
      async tools() {
        const { choices } = await completions.stream({ ...request, tools }).completion()
        return callsOf(choices[0].message.toolCalls)
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
