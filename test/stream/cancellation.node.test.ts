import { getEventListeners } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type CallOptions,
  type ChatCompletionChunk,
  ChatCompletionStream,
  type ClientConfig,
  chat,
  collectText,
  createChatCompletion,
  createClient,
  type EventStream,
  finalCompletion,
  retry,
  streamChatCompletion,
  teeStream,
  textStream,
  timeout,
  toolCallStream,
  toSSEResponse,
} from '../../src/index.ts'
import type { Fault } from '../../src/testing/index.ts'
import { type FakeServer, startFakeServer } from '../../src/testing/server.ts'
import {
  bodyOf,
  bytesOf,
  chunk,
  drain,
  outcome,
  request as question,
  STOP,
  sse,
  until,
} from '../support/frames.ts'

type Stream = EventStream<ChatCompletionChunk>

const request = { ...question, model: 'fake-small' }
const faultHeader = (fault: Fault): Record<string, string> => ({ 'x-fake-fault': JSON.stringify(fault) })

let server: FakeServer
let complaints: unknown[]
const complain = (what: unknown): unknown => complaints.push(what)

beforeAll(async () => {
  server = await startFakeServer()
})
afterAll(() => server.close())
beforeEach(() => {
  server.reset()
  complaints = []
  process.on('unhandledRejection', complain).on('warning', complain)
})
afterEach(async () => {
  await new Promise(resolve => setImmediate(resolve))
  process.off('unhandledRejection', complain).off('warning', complain)
  expect(complaints).toEqual([])
})

function open(fault: Fault = {}, options: CallOptions = {}, config: ClientConfig = {}): Stream {
  const client = createClient({ ...config, baseUrl: server.baseUrl })
  return streamChatCompletion(client, request, { ...options, headers: faultHeader(fault) })
}

/** Holds that the server sees the disconnect. */
async function expectDisconnect(): Promise<void> {
  await until(() => server.openRequests === 0 && server.requests.every(({ aborted }) => aborted))
}

/** Reads `count` values and then waits for one more. */
async function readOn<T>(source: AsyncIterable<T>, count: number) {
  const iterator = source[Symbol.asyncIterator]()
  for (let read = 0; read < count; read++) await iterator.next()
  return { iterator, waiting: outcome(iterator.next()) }
}

const VIEWS: readonly (readonly [string, (stream: Stream) => AsyncIterable<unknown>])[] = [
  ['the stream', stream => stream],
  ['textStream', textStream],
  ['ChatCompletionStream', stream => new ChatCompletionStream(stream)],
  ['its text()', stream => new ChatCompletionStream(stream).text()],
  ['a view of a view', stream => textStream(new ChatCompletionStream(stream))],
]

describe.each(VIEWS)('cancellation of %s', (_, view) => {
  it('F6 the server sees break, return and throw', async () => {
    const ways: ((source: AsyncIterable<unknown>) => Promise<unknown>)[] = [
      async source => {
        for await (const _ of source) break
      },
      async source => {
        for await (const _ of source) return
      },
      async source => {
        for await (const _ of source) throw new RangeError('mine')
      },
    ]
    for (const way of ways) {
      server.reset()
      const { error } = await outcome(way(view(open({ stall: 4 }))))
      if (error) expect(error).toBeInstanceOf(RangeError)
      await expectDisconnect()
    }
  })

  it('F6 the server sees return() while a value is waited for', async () => {
    const { iterator, waiting } = await readOn(view(open({ stall: 3 })), 1)
    await iterator.return?.()
    await waiting
    await expectDisconnect()
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })

  it('F3 the server sees an abort, and the reader its reason', async () => {
    const controller = new AbortController()
    const reason = new Error('mine')
    const iterator = view(open({ stall: 4 }, { signal: controller.signal }))[Symbol.asyncIterator]()
    await iterator.next()
    const rest = (async () => {
      while (!(await iterator.next()).done);
    })()
    const waiting = outcome(rest)
    await until(() => server.openRequests === 1)
    controller.abort(reason)
    expect((await waiting).error).toBe(reason)
    await expectDisconnect()
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })
})

describe('cancellation', () => {
  it('F6 toolCallStream: the server sees that it is left', async () => {
    const tools = [{ type: 'function' as const, function: { name: 'look', parameters: { type: 'object' } } }]
    const stream = streamChatCompletion(
      createClient({ baseUrl: server.baseUrl }),
      { ...request, tools, toolChoice: 'required' },
      { headers: faultHeader({ stall: 3 }) },
    )
    const iterator = toolCallStream(stream)[Symbol.asyncIterator]()
    const waiting = outcome(iterator.next())
    await stream.response
    await iterator.return?.()
    expect((await waiting).value).toEqual({ done: true, value: undefined })
    await expectDisconnect()
  })

  it('F8 teeStream: the server sees that both halves are left, not that one is', async () => {
    const halves = teeStream(open({ stall: 4 }))
    const [left, right] = halves.map(half => half[Symbol.asyncIterator]())
    await left?.next()
    await left?.return?.()
    await right?.next()
    expect(server.openRequests).toBe(1)
    expect(server.requests[0]?.aborted).toBe(false)
    await right?.return?.()
    await expectDisconnect()
  })

  it('F6 the server sees the end of `await using`', async () => {
    for (const wrap of [(stream: Stream) => stream, (stream: Stream) => new ChatCompletionStream(stream)]) {
      server.reset()
      {
        await using stream = wrap(open({ stall: 2 }))
        await stream.response
        expect(server.openRequests).toBe(1)
      }
      await expectDisconnect()
    }
  })

  it('F6 the server sees abort() of a stream that nobody reads', async () => {
    const stream = open({ stall: 2 })
    await stream.response
    stream.abort()
    await expectDisconnect()
  })

  it('F6 the server sees a stream that is left before its headers', async () => {
    const stream = open({ stall: 'headers' })
    await until(() => server.requests.length === 1)
    await stream[Symbol.asyncDispose]()
    await expectDisconnect()
  })

  it('F13 the server sees that the body of toSSEResponse is cancelled', async () => {
    for (const reads of [0, 1, 4]) {
      server.reset()
      const stream = open({ stall: 4 })
      await stream.response
      const reader = toSSEResponse(stream).body!.getReader()
      for (let read = 0; read < reads; read++) await reader.read()
      const waiting = reads === 4 ? outcome(reader.read()) : undefined
      await reader.cancel()
      await waiting
      await expectDisconnect()
    }
  })

  it('F13 the server sees that the client of a relay is gone', async () => {
    const relay = createServer(async (_, response) => {
      const { body, status, headers } = toSSEResponse(open({ stall: 3 }))
      response.writeHead(status, Object.fromEntries(headers))
      await pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), response).catch(
        () => {},
      )
    })
    await new Promise<void>(resolve => relay.listen(0, '127.0.0.1', resolve))
    const { port } = relay.address() as AddressInfo
    const client = createClient({ baseUrl: `http://127.0.0.1:${port}` })
    let count = 0
    for await (const _ of streamChatCompletion(client, request)) if (++count === 2) break
    await expectDisconnect()
    relay.closeAllConnections()
    await new Promise(resolve => relay.close(resolve))
  })

  it('F1 sends nothing where the signal is aborted', async () => {
    const reason = new Error('mine')
    const signal = AbortSignal.abort(reason)
    for (const work of [
      drain(open({}, { signal })),
      outcome(createChatCompletion(createClient({ baseUrl: server.baseUrl }), request, { signal })),
    ])
      expect((await work).error).toBe(reason)
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(server.requests).toEqual([])
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('F2 ends at once when it is aborted while the key is fetched', async () => {
    const controller = new AbortController()
    const reason = new Error('mine')
    let asked = 0
    const apiKey = (): Promise<string> => {
      asked++
      return new Promise(() => {})
    }
    const waiting = drain(
      open({}, { signal: controller.signal }, { apiKey, policies: [retry(), timeout(5000)] }),
    )
    await until(() => asked === 1)
    controller.abort(reason)
    expect((await waiting).error).toBe(reason)
    expect([asked, server.requests.length]).toEqual([1, 0])
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  it.each([
    ['before the headers', { stall: 'headers' }],
    ['before the first event', { stall: 'first' }],
    ['while the body of an error is read', { status: 500, body: {}, stall: 1 }],
  ] as const)('F2 ends at once when it is aborted %s', async (_, fault) => {
    for (const policies of [[], [retry({ initialDelay: 1 }), timeout(5000)]]) {
      server.reset()
      const controller = new AbortController()
      const reason = new Error('mine')
      const waiting = drain(open(fault, { signal: controller.signal }, { policies }))
      await until(() => server.requests.length === 1 && server.openRequests === 1)
      await new Promise(resolve => setTimeout(resolve, 10))
      controller.abort(reason)
      expect((await waiting).error).toBe(reason)
      await expectDisconnect()
      expect(server.requests).toHaveLength(1)
      expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    }
  })

  it('F2 ends at once when it is aborted while a whole answer is read', async () => {
    const controller = new AbortController()
    const client = createClient({ baseUrl: server.baseUrl })
    const options = { signal: controller.signal, headers: faultHeader({ stall: 1 }) }
    const waiting = outcome(createChatCompletion(client, request, options))
    await until(() => server.openRequests === 1)
    await new Promise(resolve => setTimeout(resolve, 20))
    controller.abort('mine')
    expect(await waiting).toEqual({ error: 'mine' })
    await expectDisconnect()
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  it('F3 does not throw when it is aborted after [DONE], and leaves the answer whole', async () => {
    const controller = new AbortController()
    const stream = open({}, { signal: controller.signal })
    const { error } = await drain(stream)
    controller.abort()
    expect(error).toBeUndefined()
    await until(() => server.openRequests === 0)
    expect(server.requests[0]?.aborted).toBe(false)
  })

  it('A13 the server sees the disconnect after [DONE] where it keeps the connection open', async () => {
    expect((await drain(open({ lingering: true }))).error).toBeUndefined()
    await expectDisconnect()
  })

  it('F5 gives the reason of AbortSignal.timeout', async () => {
    const signal = AbortSignal.timeout(40)
    const { error } = await drain(open({ stall: 2 }, { signal }))
    expect(error).toBe(signal.reason)
    expect(error).toMatchObject({ name: 'TimeoutError' })
    await expectDisconnect()
  })

  it('F7 a stream that nobody reads times out', async () => {
    const stream = open({ stall: 2 }, {}, { policies: [timeout({ idle: 50 })] })
    await stream.response
    await expectDisconnect()
    expect((await drain(stream)).error).toMatchObject({ name: 'TimeoutError', phase: 'idle' })
  })

  it('F9 shares a signal among 100 calls at a time with one listener', async () => {
    const { signal } = new AbortController()
    const streams = Array.from({ length: 100 }, () => open({}, { signal }))
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    const texts = await Promise.all(streams.map(collectText))
    expect(new Set(texts).size).toBe(1)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('F9 L5 ends 100 calls at once, each with the reason', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const waiting = Array.from({ length: 100 }, (_, place) =>
      drain(open({ stall: place % 2 ? 2 : 'headers' }, { signal }, { policies: [timeout(5000)] })),
    )
    await until(() => server.openRequests === 100)
    const reason = new Error('mine')
    controller.abort(reason)
    for (const { error } of await Promise.all(waiting)) expect(error).toBe(reason)
    await until(() => server.openRequests === 0)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  // Node's fetch holds the signal for as long as its request is reachable. What listens to it would be held as well, and the error
  // of a cut body refers to the request: none of it would ever be freed.
  it.each([
    ['whole', 'end', [sse(chunk({ content: 'a' }), STOP, '[DONE]')]],
    ['cut', { error: new TypeError('terminated') }, [sse(chunk({ content: 'a' }))]],
    ['unfinished', 'end', [sse(chunk({ content: 'a' }))]],
    ['an error', 'silence', [sse({ error: { message: 'no', type: 'server_error' } })]],
  ] as const)(
    'F9 leaves no listener on the signal that fetch is given: a stream that is %s',
    async (...how) => {
      const [, after, pieces] = how
      let given: AbortSignal | null | undefined
      const fetch = async (_: string, { signal }: RequestInit): Promise<Response> => {
        given = signal
        return new Response(bodyOf(pieces.map(bytesOf), after).body)
      }
      await drain(streamChatCompletion(createClient({ fetch }), request))
      await until(() => getEventListeners(given!, 'abort').length === 0)
    },
  )

  it('F9 leaves no listener when a call fails, is left or is disposed of', async () => {
    const { signal } = new AbortController()
    await drain(open({ status: 500 }, { signal }))
    await drain(open({ cut: 2 }, { signal }))
    await drain(open({ reset: 2 }, { signal }))
    for await (const _ of open({ stall: 3 }, { signal })) break
    await open({ stall: 'headers' }, { signal })[Symbol.asyncDispose]()
    await open({ stall: 2 }, { signal })[Symbol.asyncIterator]().return?.()
    await until(() => getEventListeners(signal, 'abort').length === 0)
    await until(() => server.openRequests === 0)
  })

  it('F10 works where there is no AbortSignal.any', async () => {
    const any = vi.spyOn(AbortSignal, 'any')
    const descriptor = Object.getOwnPropertyDescriptor(AbortSignal, 'any')!
    Reflect.deleteProperty(AbortSignal, 'any')
    try {
      expect('any' in AbortSignal).toBe(false)
      const controller = new AbortController()
      const policies = [retry(), timeout({ headers: 5000, idle: 5000, total: 5000 })]
      expect((await drain(open({}, { signal: controller.signal }, { policies }))).error).toBeUndefined()
      const { waiting } = await readOn(open({ stall: 1 }, { signal: controller.signal }, { policies }), 1)
      controller.abort('mine')
      expect(await waiting).toEqual({ error: 'mine' })
    } finally {
      Object.defineProperty(AbortSignal, 'any', descriptor)
      any.mockRestore()
    }
  })

  it('F11 rejects with the reason when abort and reset come together', async () => {
    for (let round = 0; round < 10; round++) {
      const controller = new AbortController()
      const stream = open({ reset: 2 }, { signal: controller.signal })
      const iterator = stream[Symbol.asyncIterator]()
      await iterator.next()
      await iterator.next()
      const waiting = outcome(iterator.next())
      controller.abort('mine')
      expect(await waiting).toEqual({ error: 'mine' })
    }
  })

  it('F6 the builder streams can be left like any other', async () => {
    const client = createClient({ baseUrl: server.baseUrl, headers: faultHeader({ stall: 3 }) })
    for await (const _ of chat(client).model('fake-small').user('Hi').stream()) break
    await expectDisconnect()
  })

  it('I7 goes on with the next call of the same client', async () => {
    const client = createClient({ baseUrl: server.baseUrl })
    for (const fault of [
      { stall: 2 },
      { reset: 2 },
      { cut: 2 },
      { status: 500 },
      { garbage: true },
    ] as const) {
      const stream = streamChatCompletion(client, request, { headers: faultHeader(fault) })
      const { waiting } = await readOn(stream, 0)
      await waiting
      await stream[Symbol.asyncDispose]()
      expect((await finalCompletion(streamChatCompletion(client, request))).choices[0].finishReason).toBe(
        'stop',
      )
    }
  })
})

describe('process', () => {
  it('F14 keeps the process alive by its timers only while a call is waited for', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
    await until(() => server.openRequests === 0)
    await new Promise(resolve => setTimeout(resolve, 150))
    const before = timers()
    const policies = [timeout({ headers: 60_000, firstEvent: 60_000, idle: 60_000, total: 60_000 })]
    const { iterator, waiting } = await readOn(open({ stall: 2 }, {}, { policies }), 2)
    expect(timers()).toBeGreaterThan(before)
    await iterator.return?.()
    await waiting
    expect(timers()).toBeLessThanOrEqual(before)
    // Nobody waits for what comes next.
    const left = open({ stall: 3 }, {}, { policies })[Symbol.asyncIterator]()
    await left.next()
    await until(() => timers() <= before)
    await left.return?.()
  })
})
