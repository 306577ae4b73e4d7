import { ok, question, read, rejection } from './tools.mjs'

/** Streams that do not end as they should. */
export const brokenStreams = {
  async 'ten streams whose connection the server never closes'({ api, service }) {
    // Six are what a browser opens to one host at most.
    const { client } = service(...Array(10).fill({ lingering: true }))
    for (let n = 0; n < 10; n++)
      ok(
        (await api.collectText(api.streamChatCompletion(client, question))).length > 50,
        `stream ${n} is whole`,
      )
  },

  async 'ten streams that are broken off for what is in them'({ api, service }) {
    const { client } = service(...Array(10).fill({ garbage: true, stall: 3 }))
    for (let n = 0; n < 10; n++)
      await rejection(read(api.streamChatCompletion(client, question)), api.ProtocolError)
  },

  async 'a stream, cut'({ api, service }) {
    const { client } = service({ cut: 4 })
    const error = await rejection(
      api.finalCompletion(api.streamChatCompletion(client, question)),
      api.IncompleteStreamError,
    )
    const { content } = error.partial.choices[0].message
    const whole = await api.createChatCompletion(client, question)
    ok(content && whole.choices[0].message.content.startsWith(content), 'the error has what arrived')
    ok(content.length < whole.choices[0].message.content.length, 'which is not all')
  },

  async 'a stream whose connection breaks'({ api, service }) {
    const { client } = service({ reset: 4 })
    const error = await rejection(
      api.finalCompletion(api.streamChatCompletion(client, question)),
      api.LLMError,
    )
    ok(['ConnectionError', 'IncompleteStreamError'].includes(error.name), `${error.name} says that it broke`)
    return error.name
  },

  async 'a stream that is not JSON'({ api, service }) {
    const { client } = service({ garbage: true })
    await rejection(read(api.streamChatCompletion(client, question)), api.ProtocolError)
  },
}
