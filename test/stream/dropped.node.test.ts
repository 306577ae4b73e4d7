import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type ChatCompletionChunk,
  ChatCompletionStream,
  type ClientConfig,
  collectText,
  concurrencyLimit,
  createClient,
  type EventStream,
  type Fetch,
  retry,
  streamChatCompletion,
  teeStream,
  textStream,
  timeout,
} from '../../src/index.ts'
import { type FakeServer, startFakeServer } from '../../src/testing/server.ts'
import { collectGarbage } from '../support/collect-garbage.ts'
import { chunk, request as question, sse, until } from '../support/frames.ts'

const request = { ...question, model: 'fake-small' }

let server: FakeServer
beforeAll(async () => {
  server = await startFakeServer({ faults: { stall: 3 } })
})
afterAll(() => server.close())
beforeEach(() => server.reset())

function open(config: ClientConfig = {}) {
  const client = createClient({ ...config, baseUrl: server.baseUrl })
  return streamChatCompletion(client, request)
}

/** Collects garbage until a condition holds. */
async function untilCollected(condition: () => boolean): Promise<void> {
  for (let round = 0; round < 300 && !condition(); round++) {
    await collectGarbage()
    // The server hears of it over the network.
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  expect(condition()).toBe(true)
}

/** Reads one value, and forgets the rest. */
const readOne = async (source: AsyncIterable<unknown>) => void (await source[Symbol.asyncIterator]().next())

// Nobody else would end their requests, and each holds a connection and a place of `concurrencyLimit`.
describe('what is dropped frees its connection', () => {
  it.each<[string, () => Promise<void>]>([
    [
      'a stream that nobody reads',
      async () => {
        const stream = open()
        await stream.response
        expect(stream).toBeDefined()
      },
    ],
    ['a stream of which a value was read', () => readOne(open())],
    ['its text', () => readOne(textStream(open()))],
    ['a ChatCompletionStream', () => readOne(new ChatCompletionStream(open()))],
    [
      'both halves of a tee',
      async () => {
        const [one, other] = teeStream(open())
        await readOne(one)
        await readOne(other)
      },
    ],
    ['one behind policies', () => readOne(open({ policies: [retry(), timeout({ total: 600_000 })] }))],
  ])('%s', async (_, drop) => {
    for (let count = 0; count < 5; count++) await drop()
    expect(server.requests).toHaveLength(5)
    await untilCollected(() => server.openRequests === 0)
  })

  it('and its place', async () => {
    const policies = [concurrencyLimit({ limit: 1 })]
    const client = createClient({ baseUrl: server.baseUrl, policies })
    const drop = () => readOne(streamChatCompletion(client, request))
    await drop()
    let began = false
    drop().then(() => {
      began = true
    })
    await untilCollected(() => began)
  })
})

describe('what has ended is not held until it is dropped', () => {
  const left = async (stream: AsyncIterable<unknown>) => {
    for await (const _ of stream) break
  }

  it.each<[string, (stream: EventStream<ChatCompletionChunk>) => Promise<unknown>]>([
    ['read', collectText],
    ['left', left],
    ['aborted', async stream => stream.abort()],
    ['disposed of', async stream => stream[Symbol.asyncDispose]()],
  ])('a stream that was %s', async (_, end) => {
    const signals: WeakRef<AbortSignal>[] = []
    const fetch: Fetch = (url, init) => {
      signals.push(new WeakRef(init.signal!))
      return globalThis.fetch(url, init)
    }
    await using plain = await startFakeServer()
    const client = createClient({ baseUrl: plain.baseUrl, fetch })
    for (let count = 0; count < 20; count++) await end(streamChatCompletion(client, request)).catch(() => {})
    // The platform may hold the last for a while.
    await untilCollected(() => signals.filter(signal => signal.deref()).length < 5)
  })
})

describe('what somebody waits for is not dropped', () => {
  it('though nothing else refers to it', async () => {
    await using slow = await startFakeServer({ chunkDelay: 20, reply: () => 'one two three four five' })
    const client = createClient({ baseUrl: slow.baseUrl })
    let isOver = false
    const reading = collectText(streamChatCompletion(client, request)).finally(() => {
      isOver = true
    })
    while (!isOver) await collectGarbage()
    expect(await reading).toBe('one two three four five')
  })

  it('nor the response of a stream that nobody will read', async () => {
    await using slow = await startFakeServer({ faults: { delay: 100 } })
    const client = createClient({ baseUrl: slow.baseUrl })
    let settled: string | undefined
    streamChatCompletion(client, request).response.then(
      ({ status }) => {
        settled = `${status}`
      },
      error => {
        settled = `${error}`
      },
    )
    while (!settled) await collectGarbage()
    expect(settled).toBe('200')
  })

  it('in a stream that stays silent', async () => {
    const waiting = readOne(textStream(open()))
    await waiting
    let isOver = false
    const iterator = open()[Symbol.asyncIterator]()
    for (let read = 0; read < 3; read++) await iterator.next()
    iterator.next().then(() => {
      isOver = true
    })
    for (let round = 0; round < 5; round++) await collectGarbage()
    expect(isOver).toBe(false)
    await iterator.return?.()
    await until(() => isOver)
  })
})

// A visitor who goes ends all that a Worker does for it: no promise settles any more, and no `finally` runs.
it('holds nothing of a read that a Worker will never end', async () => {
  vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' })
  const silent: Fetch = async () =>
    new Response(
      new ReadableStream({
        start: stream => stream.enqueue(new TextEncoder().encode(sse(chunk({ content: 'Hi' })))),
        pull: () => new Promise(() => {}),
      }),
    )
  const begin = async () => {
    const client = createClient({ baseUrl: server.baseUrl, fetch: silent })
    const iterator = streamChatCompletion(client, request)[Symbol.asyncIterator]()
    await iterator.next()
    void iterator.next()
    return new WeakRef(iterator)
  }
  const reads = await Promise.all(Array.from({ length: 5 }, begin))
  vi.unstubAllGlobals()
  await untilCollected(() => reads.every(read => !read.deref()))
})
