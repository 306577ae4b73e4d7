import { plainCalls } from '../lib/read.mjs'
import { messages, model, requestSource, toolDescription, toolName, toolParameters } from '../lib/request.mjs'

const create = `
  import { AIFactory } from 'llmwire/core'
  import { OpenAICompatibleProvider } from 'llmwire/openai-compatible'
  const provider = new OpenAICompatibleProvider({ baseURL: 'https://llm.example/v1', apiKey: 'k', models: ['m'] })
  const factory = new AIFactory({ providers: [provider] })
  const request = { modelId: 'm', messages: ${requestSource}.messages }
`

export default {
  name: 'llmwire',
  packages: ['llmwire'],
  imports: ['llmwire/core', 'llmwire/openai-compatible'],
  settings: '`retries: 0, timeout: 1000, streamIdleTimeout: 1000`',
  async connect({ baseUrl, timeout }) {
    const { AIFactory } = await import('llmwire/core')
    const { OpenAICompatibleProvider } = await import('llmwire/openai-compatible')
    // Named models spare it the request for their list.
    const provider = new OpenAICompatibleProvider({ baseURL: baseUrl, apiKey: 'k', models: [model] })
    const hostile = timeout ? { retries: 0, timeout, streamIdleTimeout: timeout } : {}
    const factory = new AIFactory({ providers: [provider], discover: 'none', ...hostile })
    const request = { modelId: model, messages }
    const tool = { name: toolName, description: toolDescription, parameters: toolParameters }
    return {
      async call() {
        const response = await factory.process(request)
        if (!response.success) throw response.errorInfo
        return response.data
      },
      async stream({ onText, signal } = {}) {
        let text = ''
        let finish
        for await (const chunk of factory.processStream({ ...request, signal })) {
          if (chunk.type === 'done') finish = chunk.finishReason
          if (chunk.type !== 'text') continue
          text += chunk.text
          if (onText && (await onText(chunk.text)) === false) break
        }
        return { text, finish }
      },
      async tools() {
        const calls = []
        for await (const chunk of factory.processStream({ ...request, tools: [tool] }))
          if (chunk.type === 'tool-call')
            calls.push({ name: chunk.toolCall.name, input: chunk.toolCall.arguments })
        return plainCalls(calls)
      },
    }
  },
  programs: {
    call: `${create}
      console.log((await factory.process(request)).data)`,
    stream: `${create}
      for await (const chunk of factory.processStream(request)) if (chunk.type === 'text') console.log(chunk.text)`,
  },
}
