import { plainCalls } from '../lib/read.mjs'
import { messages, model, requestSource, tools } from '../lib/request.mjs'

export default {
  name: 'xsai',
  packages: ['@xsai/generate-text', '@xsai/stream-text'],
  imports: ['@xsai/generate-text', '@xsai/stream-text'],
  settings: 'none: it has no timeouts and no retries',
  async connect({ baseUrl }) {
    const { generateText } = await import('@xsai/generate-text')
    const { streamText } = await import('@xsai/stream-text')
    const settings = { apiKey: 'k', baseURL: baseUrl, model, messages }
    // It runs the tools itself.
    const runnable = tools.map(tool => ({ ...tool, execute: () => 'found' }))
    return {
      async call() {
        return (await generateText(settings)).text
      },
      async stream({ onText, signal } = {}) {
        let text = ''
        let finish
        for await (const event of startStream({ ...settings, abortSignal: signal })) {
          if (event.type === 'error') throw new Error(String(event.error))
          if (event.type === 'finish') finish = event.finishReason
          if (event.type !== 'text-delta') continue
          text += event.text
          if (event.text && onText && (await onText(event.text)) === false) break
        }
        return { text, finish }
      },
      async tools() {
        const calls = []
        for await (const event of startStream({ ...settings, tools: runnable }))
          if (event.type === 'tool-call') calls.push({ name: event.toolName, input: event.args })
        return plainCalls(calls)
      },
    }

    /** Its promises reject beside the stream, also where nobody asked for them. */
    function startStream(options) {
      const { fullStream, messages, steps, usage, totalUsage } = streamText(options)
      for (const promise of [messages, steps, usage, totalUsage]) promise.catch(() => {})
      return fullStream
    }
  },
  programs: {
    call: `
      import { generateText } from '@xsai/generate-text'
      console.log((await generateText({ apiKey: 'k', baseURL: 'https://llm.example/v1', ...${requestSource} })).text)`,
    stream: `
      import { streamText } from '@xsai/stream-text'
      const { textStream } = streamText({ apiKey: 'k', baseURL: 'https://llm.example/v1', ...${requestSource} })
      for await (const text of textStream) console.log(text)`,
  },
}
