import { plainCalls, readChunks } from '../lib/read.mjs'
import { messages, model, requestSource, tools } from '../lib/request.mjs'
import { foldCalls } from './bare.mjs'

const create = `
  import { OpenRouterCore } from '@openrouter/sdk/core.js'
  import { chatSend } from '@openrouter/sdk/funcs/chatSend.js'
  const client = new OpenRouterCore({ apiKey: 'k', serverURL: 'https://llm.example/v1' })
`

export default {
  name: '@openrouter/sdk',
  packages: ['@openrouter/sdk'],
  imports: ['@openrouter/sdk/core.js', '@openrouter/sdk/funcs/chatSend.js'],
  needsContentType: true,
  settings: '`retries: { strategy: "none" }, timeoutMs: 1000`',
  async connect({ baseUrl, timeout }) {
    const { OpenRouterCore } = await import('@openrouter/sdk/core.js')
    const { chatSend } = await import('@openrouter/sdk/funcs/chatSend.js')
    const client = new OpenRouterCore({ apiKey: 'k', serverURL: baseUrl })
    const hostile = timeout ? { retries: { strategy: 'none' }, timeoutMs: timeout } : {}

    async function send(chatRequest, signal) {
      const options = { ...hostile, ...(signal && { signal }) }
      const result = await chatSend(client, { chatRequest: { model, messages, ...chatRequest } }, options)
      if (!result.ok) throw result.error
      return result.value
    }

    return {
      async call() {
        return (await send({})).choices[0].message.content
      },
      async stream({ onText, signal } = {}) {
        return readChunks(await send({ stream: true }, signal), 'finishReason', onText)
      },
      /** It has nothing that folds tool calls, so they are folded by hand. */
      async tools() {
        const calls = []
        for await (const chunk of await send({ stream: true, tools }))
          foldCalls(calls, chunk.choices[0]?.delta.toolCalls)
        return plainCalls(calls)
      },
    }
  },
  programs: {
    call: `${create}
      const result = await chatSend(client, { chatRequest: ${requestSource} })
      if (result.ok) console.log(result.value.choices[0].message.content)`,
    stream: `${create}
      const result = await chatSend(client, { chatRequest: { ...${requestSource}, stream: true } })
      if (result.ok) for await (const chunk of result.value) console.log(chunk.choices[0]?.delta.content)`,
  },
}
