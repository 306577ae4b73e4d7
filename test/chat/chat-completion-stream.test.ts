import { describe, expect, it } from 'vitest'
import {
  type ChatCompletion,
  ChatCompletionStream,
  finalCompletion,
  IncompleteStreamError,
  LLMClient,
  type LLMError,
  textStream,
  ValidationError,
} from '../../src/index.ts'
import {
  bodyOf,
  bytesOf,
  chunk,
  drain,
  events,
  outcome,
  STOP,
  sse,
  streamOf,
  textOf,
  until,
} from '../support/frames.ts'

const HELLO = [chunk({ role: 'assistant', content: 'Hel' }), chunk({ content: 'lo' }), STOP, '[DONE]']
const open = (
  list: readonly unknown[] = HELLO,
  options?: ConstructorParameters<typeof ChatCompletionStream>[1],
) => new ChatCompletionStream(streamOf(sse(...list)), options)
const completion = { choices: [{ message: { content: 'Hello' }, finishReason: 'stop' }] }

/** A stream of which one event has arrived and no more will. */
function silent() {
  const source = bodyOf([bytesOf(sse(HELLO[0]))], 'silence')
  return { source, stream: new ChatCompletionStream(streamOf(source.body)) }
}

describe('ChatCompletionStream', () => {
  it('is read in one of its ways', async () => {
    expect(textOf((await drain(open())).values)).toBe('Hello')
    expect((await drain(open().text())).values).toEqual(['Hel', 'lo'])
    expect(await open().collect()).toBe('Hello')
    expect(await open().completion()).toMatchObject(completion)
    expect(await finalCompletion(streamOf(() => open().toResponse()))).toMatchObject(completion)
    const halves = await Promise.all(
      open()
        .tee()
        .map(half => finalCompletion(half)),
    )
    expect(halves).toMatchObject([completion, completion])
  })

  it('has what has arrived so far as its snapshot, also after an abort', async () => {
    const { stream } = silent()
    expect(stream.snapshot.choices).toEqual([])
    const iterator = stream[Symbol.asyncIterator]()
    await iterator.next()
    expect(stream.snapshot).toMatchObject({ choices: [{ message: { content: 'Hel' }, finishReason: null }] })
    const waiting = outcome(iterator.next())
    stream.abort('stop button')
    expect(await waiting).toEqual({ error: 'stop button' })
    expect(stream.snapshot.choices[0]?.message.content).toBe('Hel')
    const whole = open()
    const completion = await whole.completion()
    expect(whole.snapshot).toEqual(completion)
  })

  it('gives out its thinking and its events', async () => {
    const list = [chunk({ reasoning: 'Hm' }), ...HELLO]
    expect((await drain(open(list).reasoning())).values).toEqual(['Hm'])
    expect((await drain(open(list).events())).values.map(({ type }) => type)).toEqual([
      'reasoning',
      'text',
      'text',
      'end',
    ])
  })

  it('tells of the response', async () => {
    expect(await open().response).toMatchObject({ status: 200, attempts: 1 })
  })

  it('waits for the completion while it is read, and has it afterwards', async () => {
    const stream = open()
    const texts = stream.text()[Symbol.asyncIterator]()
    await texts.next()
    const during = stream.completion()
    while (!(await texts.next()).done);
    expect(await during).toMatchObject(completion)
    expect(await stream.completion()).toBe(await during)
    expect(await stream.collect()).toBe('Hello')
  })

  it('F8 is read once', async () => {
    const stream = open()
    await stream.completion()
    for (const way of [stream, stream.text()])
      expect((await drain<unknown>(way)).error).toBeInstanceOf(ValidationError)
    expect(() => stream.tee()).toThrow(ValidationError)
  })

  it('keeps chunks where it is asked to', async () => {
    const kept = open(HELLO, { keepChunks: true })
    const { values } = await drain(kept)
    expect(kept.chunks).toEqual(values)
    const plain = open()
    await drain(plain)
    expect(plain.chunks).toEqual([])
  })

  it('throws with what had arrived, whichever way it is read', async () => {
    const ways: ((stream: ChatCompletionStream) => Promise<{ error?: unknown }>)[] = [
      stream => drain(stream),
      stream => drain(stream.text()),
      stream => outcome(stream.collect()),
      stream => outcome(stream.completion()),
      stream => drain(stream.tee()[1]),
    ]
    for (const way of ways) {
      const { error } = await way(open([chunk({ content: 'Half' })]))
      expect(error).toBeInstanceOf(IncompleteStreamError)
      expect(error).toMatchObject({ partial: { choices: [{ message: { content: 'Half' } }] } })
    }
  })

  it('fails the completion as the reading does', async () => {
    const stream = open([chunk({ content: 'Half' })])
    const { error } = await drain(stream)
    expect((await outcome(stream.completion())).error).toBe(error)
    const nameless = open([chunk({ tool_calls: [{ id: 'a', function: { arguments: '{}' } }] }), STOP])
    expect((await drain(nameless)).error).toMatchObject({ name: 'ProtocolError' })
    expect((await outcome(nameless.completion())).error).toMatchObject({ name: 'ProtocolError' })
  })

  it('F6 fails the completion of a stream that was left', async () => {
    const leave: ((stream: ChatCompletionStream) => Promise<unknown>)[] = [
      async stream => {
        for await (const _ of stream) break
      },
      async stream => {
        for await (const _ of stream.text()) break
      },
      async stream => {
        const reader = stream.toResponse().body!.getReader()
        await reader.read()
        await reader.cancel()
      },
      async stream => {
        for (const half of stream.tee()) for await (const _ of half) break
      },
      async stream => {
        await using held = stream
        await held[Symbol.asyncIterator]().next()
      },
    ]
    for (const way of leave) {
      const { source, stream } = silent()
      await way(stream)
      const { error } = await outcome(stream.completion())
      expect(error).toBeInstanceOf(IncompleteStreamError)
      expect(error).toMatchObject({ partial: { choices: [{ message: { content: 'Hel' } }] } })
      await until(() => source.cancels === 1)
    }
  })

  it('F6 does not fail the completion of a whole stream', async () => {
    const stream = open()
    {
      await using held = stream
      await drain(held)
    }
    expect(await stream.completion()).toMatchObject(completion)
  })

  it('F3 rejects with the reason of an abort', async () => {
    const { source, stream } = silent()
    const waiting = outcome(stream.completion())
    await until(() => source.pulls === 1)
    const reason = Object.freeze(new Error('mine'))
    stream.abort(reason)
    expect((await waiting).error).toBe(reason)
    expect((await outcome(stream.completion())).error).toBe(reason)
  })

  it('does not change the chunks that it keeps', async () => {
    const logprobs = (token: string): object => ({
      choices: [{ index: 0, delta: { content: token }, logprobs: { content: [{ token }] } }],
    })
    const stream = open([logprobs('a'), logprobs('b'), STOP], { keepChunks: true })
    await stream.completion()
    expect(stream.chunks[0]?.choices[0]?.logprobs).toEqual({ content: [{ token: 'a' }] })
  })

  it('takes views of a view', async () => {
    const [left, right] = open().tee()
    const texts = await Promise.all([left, right].map(half => drain(textStream(half))))
    expect(texts.map(({ values }) => values.join(''))).toEqual(['Hello', 'Hello'])
  })

  it('F6 keeps what one stream had apart from what another had when a client is closed', async () => {
    const client = new LLMClient({
      baseUrl: 'https://service.test/v1',
      fetch: async (_, { body }) => {
        const { content } = JSON.parse(String(body)).messages[0]
        return new Response(bodyOf(events(chunk({ content })).map(bytesOf), 'silence').body)
      },
    })
    const streams = ['one', 'two'].map(content =>
      client.chat.completions.stream({ model: 'm', messages: [{ role: 'user', content }] }),
    )
    const iterators = streams.map(stream => stream[Symbol.asyncIterator]())
    for (const iterator of iterators) await iterator.next()
    const waiting = iterators.map(iterator => outcome(iterator.next()))
    client.close()
    const said = (await Promise.all(waiting)).map(({ error }) => {
      const { partial } = error as LLMError
      return (partial as ChatCompletion).choices[0].message.content
    })
    expect(said).toEqual(['one', 'two'])
  })
})
