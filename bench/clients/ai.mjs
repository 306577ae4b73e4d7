import { plainCalls } from '../lib/read.mjs'
import { model, prompt, toolDescription, toolName, toolParameters } from '../lib/request.mjs'

const create = `
  import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
  const model = createOpenAICompatible({ name: 'llm', baseURL: 'https://llm.example/v1', apiKey: 'k' })('m')
`

export default {
  name: 'ai',
  packages: ['ai', '@ai-sdk/openai-compatible'],
  imports: ['ai', '@ai-sdk/openai-compatible'],
  settings: '`maxRetries: 0, timeout: { firstChunkMs: 1000, chunkMs: 1000 }`',
  async connect({ baseUrl, timeout }) {
    const { generateText, streamText, tool, jsonSchema } = await import('ai')
    const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible')
    const hostile = timeout ? { maxRetries: 0, timeout: { firstChunkMs: timeout, chunkMs: timeout } } : {}
    const settings = {
      model: createOpenAICompatible({ name: 'llm', baseURL: baseUrl, apiKey: 'k' })(model),
      prompt,
      // By default errors are printed.
      onError() {},
      ...hostile,
    }
    const lookup = tool({ description: toolDescription, inputSchema: jsonSchema(toolParameters) })
    return {
      async call() {
        return (await generateText({ model: settings.model, prompt })).text
      },
      async stream({ onText, signal } = {}) {
        let text = ''
        let finish
        // `textStream` would leave errors out.
        for await (const part of streamText({ ...settings, abortSignal: signal }).stream) {
          if (part.type === 'error') throw part.error
          if (part.type === 'abort')
            throw Object.assign(new Error(part.reason ?? 'without a reason'), { name: 'abort part' })
          if (part.type === 'finish') finish = part.finishReason
          if (part.type !== 'text-delta') continue
          text += part.text
          if (onText && (await onText(part.text)) === false) break
        }
        return { text, finish }
      },
      async tools() {
        const calls = []
        for await (const part of streamText({ ...settings, tools: { [toolName]: lookup } }).stream) {
          if (part.type === 'error') throw part.error
          if (part.type === 'tool-call') calls.push({ name: part.toolName, input: part.input })
        }
        return plainCalls(calls)
      },
    }
  },
  programs: {
    call: `${create}
      import { generateText } from 'ai'
      console.log((await generateText({ model, prompt: 'Hi' })).text)`,
    stream: `${create}
      import { streamText } from 'ai'
      for await (const text of streamText({ model, prompt: 'Hi' }).textStream) console.log(text)`,
  },
}
