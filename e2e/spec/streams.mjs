import { ask, equal, getWeather, gone, model, ok, question, read, rejection, user } from './tools.mjs'

/** Streams that go well, or are left by who reads them. */
export const streams = {
  async 'a stream, read to its end'({ api, service }) {
    const { client, seen } = service()
    const whole = await api.createChatCompletion(client, question)
    const chunks = await read(api.streamChatCompletion(client, question))
    ok(chunks.length > 10, `${chunks.length} chunks are many`)
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')
    equal(text, whole.choices[0].message.content, 'the streamed text')
    ok(
      chunks.some(({ choices }) => choices[0]?.finishReason === 'stop'),
      'it says why it ended',
    )
    equal((await seen()).requests[1].headers.accept, 'text/event-stream')
  },

  async 'a stream, folded'({ api, service }) {
    const { client } = service()
    const stream = api.streamChatCompletion(client, { ...question, streamOptions: { includeUsage: true } })
    const { choices, usage } = await api.finalCompletion(stream)
    const whole = await api.createChatCompletion(client, question)
    equal([choices[0].message.content, usage], [whole.choices[0].message.content, whole.usage])
  },

  async 'twenty streams at once'({ api, service }) {
    const { client } = service()
    const asked = Array.from({ length: 20 }, (_, n) => ask(`Tell me of number ${n}, please`))
    const streamed = await Promise.all(
      asked.map(request => api.collectText(api.streamChatCompletion(client, request))),
    )
    for (const [n, text] of streamed.entries()) ok(text.includes(`number ${n},`), `stream ${n} is its own`)
  },

  async 'a stream, aborted'({ api, service }) {
    const { client, seen } = service({ stall: 2 })
    const controller = new AbortController()
    const stream = api.streamChatCompletion(client, question, { signal: controller.signal })
    const chunks = []
    let abortedAt
    const reading = (async () => {
      for await (const chunk of stream) {
        if (chunks.push(chunk) < 2) continue
        abortedAt = Date.now()
        controller.abort(new RangeError('enough'))
      }
    })()
    equal((await rejection(reading, RangeError)).message, 'enough')
    return gone(seen, abortedAt)
  },

  async 'a stream, left by break'({ api, service }) {
    const { client, seen } = service({ stall: 1 })
    for await (const _ of api.streamChatCompletion(client, question)) break
    return gone(seen, Date.now())
  },

  async 'a tool call, streamed'({ api, service }) {
    const { client } = service()
    const request = { model, messages: [user('What is the weather in Oslo?')], tools: [getWeather] }
    const calls = await read(api.toolCallStream(api.streamChatCompletion(client, request)))
    equal(
      calls.map(call => call.function.arguments),
      ['{"cityName":"Oslo"}'],
    )
  },
}
