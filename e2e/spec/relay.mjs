import { equal, gone, ok, question, rejection } from './tools.mjs'

/** Streams that a Worker passes on. */
export const relay = {
  async 'a stream through a Worker'({ api, service }) {
    const { client, relayed, seen } = service()
    const whole = await api.createChatCompletion(client, question)
    const text = await api.collectText(api.streamChatCompletion(relayed, question))
    equal(text, whole.choices[0].message.content, 'the relayed text')
    equal((await seen()).requests[1].headers.authorization, 'Bearer sk-of-the-worker')
  },

  async 'a cut stream through a Worker'({ api, service }) {
    const { relayed } = service({ cut: 4 })
    const error = await rejection(
      api.finalCompletion(api.streamChatCompletion(relayed, question)),
      api.LLMError,
    )
    ok(error.partial.choices[0].message.content, 'the error has what arrived')
    return error.name
  },

  async 'a stream through a Worker, aborted'({ api, service }) {
    // A silent one would not do: workerd notices a closed connection only by writing to it.
    const { relayed, seen } = service({ slow: true })
    const stream = api.streamChatCompletion(relayed, question)
    let abortedAt
    const reading = (async () => {
      for await (const _ of stream) {
        abortedAt ??= Date.now()
        stream.abort()
      }
    })()
    await rejection(reading, DOMException)
    return gone(seen, abortedAt)
  },
}
