// The floor: what anyone would write by hand. No errors, no limits, no end to be sure of.
import { plainCalls } from '../lib/read.mjs'
import { messages, model, requestSource, tools } from '../lib/request.mjs'

const open = `
  const post = body => fetch('https://llm.example/v1/chat/completions', {
    method: 'POST',
    headers: { authorization: 'Bearer k', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })`

/** Joins the pieces of the tool calls, by index. */
export function foldCalls(calls, deltas) {
  for (const { index, function: piece } of deltas ?? []) {
    calls[index] ??= { name: '', input: '' }
    const call = calls[index]
    call.name += piece.name ?? ''
    call.input += piece.arguments ?? ''
  }
}

export default {
  name: 'bare loop',
  packages: [],
  imports: [],
  connect({ baseUrl }) {
    const post = (body, signal) =>
      fetch(`${baseUrl}/chat/completions`, {
        method: 'POST',
        headers: { authorization: 'Bearer k', 'content-type': 'application/json' },
        body: JSON.stringify({ model, messages, ...body }),
        signal,
      })

    /** Hands out each event as it is parsed. What `onChunk` returns is waited for only where there is something. */
    async function read(onChunk, signal, body) {
      const reader = (await post({ ...body, stream: true }, signal)).body.getReader()
      const decoder = new TextDecoder()
      let buffer = ''
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return
        buffer += decoder.decode(value, { stream: true })
        let start = 0
        for (let end = buffer.indexOf('\n\n'); end !== -1; end = buffer.indexOf('\n\n', start)) {
          const data = buffer.slice(start + 6, end)
          start = end + 2
          if (data === '[DONE]') continue
          const more = onChunk(JSON.parse(data))
          if (more !== undefined && (await more) === false) return reader.cancel()
        }
        buffer = buffer.slice(start)
      }
    }

    return {
      async call() {
        const response = await post({})
        return JSON.parse(await response.text()).choices[0].message.content
      },
      async stream({ onText, signal } = {}) {
        let text = ''
        let finish
        await read(chunk => {
          const [choice] = chunk.choices
          const piece = choice.delta.content ?? ''
          text += piece
          finish = choice.finish_reason ?? finish
          return piece ? onText?.(piece) : undefined
        }, signal)
        return { text, finish }
      },
      async tools() {
        const calls = []
        await read(chunk => foldCalls(calls, chunk.choices[0].delta.tool_calls), undefined, { tools })
        return plainCalls(calls)
      },
    }
  },
  programs: {
    call: `${open}
      const response = await post(${requestSource})
      console.log((await response.json()).choices[0].message.content)`,
    stream: `${open}
      const reader = (await post({ ...${requestSource}, stream: true })).body.getReader()
      const decoder = new TextDecoder()
      let buffer = ''
      for (;;) {
        const { done, value } = await reader.read()
        if (done) break
        buffer += decoder.decode(value, { stream: true })
        let start = 0
        for (let end = buffer.indexOf('\\n\\n'); end !== -1; end = buffer.indexOf('\\n\\n', start)) {
          const data = buffer.slice(start + 6, end)
          start = end + 2
          if (data !== '[DONE]') console.log(JSON.parse(data).choices[0].delta.content)
        }
        buffer = buffer.slice(start)
      }`,
  },
}
