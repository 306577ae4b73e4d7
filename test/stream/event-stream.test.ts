import { describe, expect, it } from 'vitest'
import {
  type ChatCompletionChunk,
  ConnectionError,
  createClient,
  type EventStream,
  IncompleteStreamError,
  rateLimits,
  streamChatCompletion,
  ValidationError,
} from '../../src/index.ts'
import { createFakeFetch } from '../../src/testing/index.ts'
import {
  bodyOf,
  bytesOf,
  chunk,
  clientFor,
  drain,
  events,
  outcome,
  request,
  STOP,
  sse,
  streamOf,
  textOf,
  until,
} from '../support/frames.ts'

const HI = chunk({ content: 'Hi' })
const parts = ['a', 'b', 'c', 'd'].map(content => chunk({ content }))

/** A stream of which one event has arrived and no more will. */
function silent(options?: Parameters<typeof streamOf>[1]) {
  const source = bodyOf([bytesOf(sse(HI))], 'silence')
  return { source, stream: streamOf(source.body, options) }
}

describe('EventStream', () => {
  it('sends the request at once, with the signal and stream: true', async () => {
    const fetch = createFakeFetch()
    const client = createClient({ baseUrl: 'https://fake.test/v1', fetch })
    const stream = streamChatCompletion(client, { ...request, model: 'fake-small' })
    await stream.response
    expect(fetch.requests).toMatchObject([
      { body: { stream: true }, headers: { accept: 'text/event-stream' } },
    ])
    await stream[Symbol.asyncDispose]()
  })

  it('tells of the response', async () => {
    const headers = { 'x-request-id': 'req_7', 'x-more': 'y', 'x-ratelimit-remaining-tokens': '5' }
    const stream = streamOf(() => new Response(sse(HI, STOP), { headers }))
    const response = await stream.response
    expect(response).toMatchObject({ status: 200, requestId: 'req_7', attempts: 1 })
    expect(rateLimits(response.headers)).toEqual({ tokens: { remaining: 5 } })
    expect(response.headers.get('x-more')).toBe('y')
    expect(response.latencyMs).toBeGreaterThanOrEqual(0)
    const names = ['attempts', 'headers', 'latencyMs', 'requestId', 'status']
    expect(Object.keys(response).sort()).toEqual(names)
  })

  it('rejects the response with what the iteration throws', async () => {
    const stream = streamOf(() => new Response('{"error":{"message":"no"}}', { status: 401 }))
    const { error } = await outcome(stream.response)
    expect(error).toMatchObject({ name: 'AuthenticationError', status: 401 })
    expect((await drain(stream)).error).toBe(error)
  })

  it('throws a bad request where it is read, not where it is made', async () => {
    const stream = streamChatCompletion(clientFor(''), { ...request, temperature: Number.NaN })
    expect((await drain(stream)).error).toBeInstanceOf(ValidationError)
  })

  it('F8 is iterated once', async () => {
    const stream = streamOf(sse(...parts, STOP))
    await drain(stream)
    expect((await drain(stream)).error).toBeInstanceOf(ValidationError)
  })

  it('F8 answers calls of next in their order, whether they wait for each other or not', async () => {
    for (const list of [events(...parts, STOP), [sse(...parts, STOP)]]) {
      const iterator = streamOf(bodyOf(list.map(bytesOf)).body)[Symbol.asyncIterator]()
      const results = await Promise.all(Array.from({ length: 8 }, () => iterator.next()))
      expect(results.map(({ done, value }) => (done ? 'done' : value.choices[0]?.delta.content))).toEqual([
        ...'abcd',
        undefined,
        'done',
        'done',
        'done',
      ])
    }
  })

  it('F8 answers every call of next that waits when the stream breaks', async () => {
    const { body } = bodyOf([bytesOf(sse(HI))], { error: new TypeError('terminated') })
    const iterator = streamOf(body)[Symbol.asyncIterator]()
    const results = await Promise.all(Array.from({ length: 3 }, () => outcome(iterator.next())))
    expect(results).toMatchObject([
      { value: { done: false } },
      { error: expect.any(IncompleteStreamError) },
      { value: { done: true } },
    ])
  })

  it('F6 ends the request when the loop is left', async () => {
    const leave: ((stream: EventStream<ChatCompletionChunk>) => Promise<unknown>)[] = [
      async stream => {
        for await (const _ of stream) break
      },
      async stream => {
        for await (const _ of stream) return
      },
      async stream => {
        for await (const _ of stream) throw new RangeError('mine')
      },
      stream => stream[Symbol.asyncIterator]().return!(),
      async stream => {
        await using held = stream
        await held.response
      },
    ]
    for (const way of leave) {
      const { source, stream } = silent()
      await stream.response
      const { error } = await outcome(way(stream))
      if (error) expect(error).toBeInstanceOf(RangeError)
      await until(() => !source.body.locked)
      expect(source.cancels).toBe(1)
    }
  })

  it('F6 takes return before the first next, twice, and then has nothing', async () => {
    const { source, stream } = silent()
    const iterator = stream[Symbol.asyncIterator]()
    const done = { done: true, value: undefined }
    expect(await iterator.return?.()).toEqual(done)
    expect(await iterator.return?.()).toEqual(done)
    expect(await iterator.next()).toEqual(done)
    expect(source.cancels).toBeLessThanOrEqual(1)
  })

  it('F6 answers a next that waits when return is called', async () => {
    for (const ready of [true, false]) {
      const { source, stream } = silent()
      const iterator = stream[Symbol.asyncIterator]()
      if (ready) await iterator.next()
      const waiting = [iterator.next(), iterator.next()]
      await iterator.return?.()
      expect(await Promise.all(waiting)).toEqual(Array(2).fill({ done: true, value: undefined }))
      if (ready) expect(source.cancels).toBe(1)
    }
  })

  it('F1 does not send what is aborted already', async () => {
    const fetch = createFakeFetch()
    const client = createClient({ baseUrl: 'https://fake.test/v1', fetch })
    const reason = new Error('mine')
    const stream = streamChatCompletion(client, request, { signal: AbortSignal.abort(reason) })
    expect((await drain(stream)).error).toBe(reason)
    expect((await outcome(stream.response)).error).toBe(reason)
    expect(fetch.requests).toEqual([])
  })

  it('F3 throws when it is aborted while the reader waits', async () => {
    const controller = new AbortController()
    const { source, stream } = silent({ signal: controller.signal })
    const iterator = stream[Symbol.asyncIterator]()
    await iterator.next()
    const waiting = outcome(iterator.next())
    const reason = new Error('mine')
    controller.abort(reason)
    expect((await waiting).error).toBe(reason)
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    expect(source.cancels).toBe(1)
  })

  it('F3 throws when it is aborted between two reads, whatever has arrived', async () => {
    const stream = streamOf(sse(...parts, STOP, '[DONE]'))
    const iterator = stream[Symbol.asyncIterator]()
    await iterator.next()
    stream.abort()
    expect((await outcome(iterator.next())).error).toMatchObject({ name: 'AbortError' })
  })

  it('F3 throws when it is aborted before it is read', async () => {
    const stream = streamOf(sse(...parts, STOP))
    await stream.response
    stream.abort('mine')
    expect(await drain(stream)).toEqual({ values: [], error: 'mine' })
  })

  it('F3 throws when it is aborted after the last chunk but before [DONE]', async () => {
    const { body } = bodyOf([bytesOf(sse(HI, STOP))], 'silence')
    const stream = streamOf(body)
    const iterator = stream[Symbol.asyncIterator]()
    await iterator.next()
    await iterator.next()
    stream.abort('mine')
    expect(await outcome(iterator.next())).toEqual({ error: 'mine' })
  })

  it('F3 does not throw when it is aborted after its end', async () => {
    const controller = new AbortController()
    const stream = streamOf(sse(HI, STOP, '[DONE]'), { signal: controller.signal })
    const iterator = stream[Symbol.asyncIterator]()
    while (!(await iterator.next()).done);
    controller.abort()
    stream.abort()
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })

  it.each([
    ['an error', new Error('mine')],
    ['a frozen error', Object.freeze(new Error('mine'))],
    ['a timeout', new DOMException('late', 'TimeoutError')],
    ['a text', 'mine'],
    ['null', null],
    ['a number', 0],
    ['an error of this library', new ConnectionError('of another call')],
    [
      'an object that throws',
      {
        get message() {
          throw new Error('getter')
        },
      },
    ],
  ])('F5 rejects with the reason itself: %s', async (_, reason) => {
    for (const when of ['before the response', 'in mid stream']) {
      const controller = new AbortController()
      const stream = silent({ signal: controller.signal }).stream
      const iterator = stream[Symbol.asyncIterator]()
      if (when === 'in mid stream') await iterator.next()
      const waiting = outcome(iterator.next())
      controller.abort(reason)
      const { error } = await waiting
      expect(Object.is(error, reason), when).toBe(true)
    }
  })

  it('F5 has an AbortError for an abort without a reason', async () => {
    const controller = new AbortController()
    const { stream } = silent({ signal: controller.signal })
    controller.abort(undefined)
    expect((await drain(stream)).error).toBe(controller.signal.reason)
  })

  it('F5 gives the reason of AbortSignal.timeout', async () => {
    const signal = AbortSignal.timeout(20)
    const { values, error } = await drain(silent({ signal }).stream)
    expect([textOf(values), (error as Error).name]).toEqual(['Hi', 'TimeoutError'])
    expect(error).toBe(signal.reason)
  })

  it('F11 rejects with the reason when the abort and the body come to an end in the same tick', async () => {
    for (const first of ['abort', 'error', 'close'] as const) {
      let body!: ReadableStreamDefaultController<Uint8Array>
      const source = new ReadableStream<Uint8Array>({
        start(controller) {
          body = controller
          controller.enqueue(bytesOf(sse(HI)))
        },
      })
      const stream = streamOf(source)
      const iterator = stream[Symbol.asyncIterator]()
      await iterator.next()
      const waiting = outcome(iterator.next())
      const acts = {
        abort: () => stream.abort('mine'),
        error: () => body.error(new TypeError('broken')),
        close: () => body.close(),
      }
      acts[first]()
      if (first === 'abort') await Promise.resolve()
      else acts.abort()
      expect(await waiting, first).toEqual({ error: 'mine' })
    }
  })

  it('F12 works with an abort signal of any make, or says what is wrong', async () => {
    const fake = { aborted: false, reason: undefined } as unknown as AbortSignal
    const target = Object.assign(new EventTarget(), {
      aborted: false,
      reason: undefined,
    }) as unknown as AbortSignal
    expect((await drain(streamOf(sse(HI, STOP), { signal: target }))).error).toBeUndefined()
    const { error } = await outcome((async () => drain(streamOf(sse(HI, STOP), { signal: fake })))())
    expect(error === undefined || error instanceof ValidationError, String(error)).toBe(true)
  })

  it('F7 does not report an error that nobody asked for as unhandled', async () => {
    const stream = streamOf(() => new Response('no', { status: 500 }))
    await new Promise(resolve => setTimeout(resolve, 20))
    expect((await outcome(stream.response)).error).toMatchObject({ status: 500 })
  })
})
