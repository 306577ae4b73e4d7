import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { setAnswer } from '../../src/call/answer.ts'
import {
  type Call,
  ConfigurationError,
  ConnectionError,
  collectText,
  compose,
  concurrencyLimit,
  createChatCompletion,
  type Fetch,
  QueueFullError,
  streamChatCompletion,
  TimeoutError,
  timeout,
  type Watcher,
} from '../../src/index.ts'
import { createFakeFetch } from '../../src/testing/index.ts'
import { chatRequest, clientOf, counted, deferred, failureOf, isWorkerd, settle } from '../client/harness.ts'
import { never, policyContract } from './contract.ts'

const URL_A = 'https://a.test/v1/x'

/** A limited fetch whose every call is ended by the test; `order` lists those that went out. */
function setUp(limit: number, queue?: number) {
  const order: number[] = []
  const answers: ReturnType<typeof deferred<Response>>[] = []
  let next = 0
  const fetch = concurrencyLimit({ limit, queue })((_, { headers }) => {
    const id = Number((headers as Record<string, string>).id)
    order.push(id)
    answers[id] = deferred<Response>()
    return answers[id].promise
  })
  const start = (init: Parameters<Fetch>[1] = {}) => fetch(URL_A, { ...init, headers: { id: `${next++}` } })
  /** Ends a call that has no body to read. */
  const end = async (id: number) => {
    answers[id]!.resolve(new Response(null))
    await settle()
  }
  return { fetch, start, end, order, answers }
}

/** A call of a client's, as far as the limit looks at it. */
function callUntil(deadline: number): Call {
  return { watchers: [], deadline } as unknown as Call
}

policyContract('concurrencyLimit', () => concurrencyLimit({ limit: 3 }), [
  { name: 'its queue', create: () => concurrencyLimit({ limit: 1 }), next: never, isSecond: true },
])

beforeEach(() => {
  // Any runtime but Workers, where nobody may wake another request: see below.
  if (isWorkerd) vi.stubGlobal('navigator', undefined)
})
afterEach(() => {
  vi.unstubAllGlobals()
})

describe('the queue', () => {
  it('runs two of five, keeps two waiting, refuses one at once, and is fair', async () => {
    const { start, end, order } = setUp(2, 2)
    const calls = Array.from({ length: 4 }, () => start())
    const refused = await failureOf(start())
    expect(refused).toBeInstanceOf(QueueFullError)
    expect(refused.retryable).toBe(false)
    expect(order).toEqual([0, 1])
    await end(1)
    expect(order).toEqual([0, 1, 2])
    await end(0)
    expect(order).toEqual([0, 1, 2, 3])
    await end(2)
    await end(3)
    await Promise.all(calls)
    start()
    expect(order).toHaveLength(5)
  })

  it('lets nobody wait where it has no places', async () => {
    const { start, end } = setUp(1, 0)
    const first = start()
    expect(await failureOf(start())).toBeInstanceOf(QueueFullError)
    await end(0)
    await first
  })

  it('is left at once on abort, its place given to another', async () => {
    const { start, end, order } = setUp(1, 1)
    start()
    const { controller, listeners } = counted()
    const waiting = failureOf(start({ signal: controller.signal }))
    expect(await failureOf(start())).toBeInstanceOf(QueueFullError)
    const reason = new Error('mine')
    controller.abort(reason)
    expect(await waiting).toBe(reason)
    expect(listeners()).toBe(0)
    start()
    await end(0)
    expect(order).toEqual([0, 3])
  })

  it('does not take in a call that is aborted already', async () => {
    const { start, order } = setUp(1)
    const controller = new AbortController()
    controller.abort('mine')
    expect(await failureOf(start({ signal: controller.signal }))).toBe('mine')
    expect(order).toEqual([])
  })

  it('costs the same for each, however many are cancelled at once', async () => {
    const cancelAll = async (count: number): Promise<number> => {
      const { start, end, order } = setUp(1)
      start()
      const controllers = Array.from({ length: count }, () => new AbortController())
      const shared = new AbortController()
      const failures = controllers.map((own, i) =>
        failureOf(start({ signal: (i % 2 ? own : shared).signal })),
      )
      const started = performance.now()
      shared.abort('all')
      // From the last to the first: a search through the queue would be the longest.
      for (const own of controllers.reverse()) own.abort('all')
      expect(new Set(await Promise.all(failures))).toEqual(new Set(['all']))
      const took = performance.now() - started
      const last = start()
      await end(0)
      expect(order).toEqual([0, count + 1])
      await end(count + 1)
      await last
      return took
    }
    await cancelAll(2000)
    // Five times as many; a search would take twenty-five times as long. Clocks are coarse in some runtimes.
    expect(await cancelAll(50_000)).toBeLessThan(15 * Math.max(await cancelAll(10_000), 15))
  })

  it('starts any number one after the other, each as soon as the first', async () => {
    const startAll = async (count: number): Promise<number> => {
      let running = 0
      let most = 0
      const fetch = concurrencyLimit({ limit: 10 })(async () => {
        most = Math.max(most, ++running)
        await undefined
        running--
        return new Response(null)
      })
      const started = performance.now()
      await Promise.all(Array.from({ length: count }, () => fetch(URL_A, {})))
      expect(most).toBe(10)
      return performance.now() - started
    }
    await startAll(2000)
    expect(await startAll(40_000)).toBeLessThan(12 * Math.max(await startAll(10_000), 15))
  })
})

describe('a deadline in the queue', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance', 'Date', 'setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('ends the wait, and no request is sent', async () => {
    const { start, end, order } = setUp(1, 1)
    start()
    const call = callUntil(performance.now() + 500)
    const waiting = failureOf(start({ call }))
    await vi.advanceTimersByTimeAsync(499)
    expect(await failureOf(start())).toBeInstanceOf(QueueFullError)
    await vi.advanceTimersByTimeAsync(1)
    const error = await waiting
    expect(error).toBeInstanceOf(TimeoutError)
    expect([error.phase, error.retryable, order]).toEqual(['total', false, [0]])
    start()
    await end(0)
    expect(order).toEqual([0, 3])
  })

  it('is forgotten when the turn comes', async () => {
    const { start, end, order } = setUp(1)
    start()
    const call = callUntil(performance.now() + 500)
    start({ call })
    start({ call: callUntil(Number.POSITIVE_INFINITY) })
    await end(0)
    expect([order, vi.getTimerCount()]).toEqual([[0, 1], 1])
    await end(1)
    expect([order, vi.getTimerCount()]).toEqual([[0, 1, 2], 0])
  })

  it('gives back the place of a stream that nobody reads', async () => {
    const policies = [concurrencyLimit({ limit: 1 }), timeout({ idle: 1000 })]
    const client = clientOf(createFakeFetch(), { policies })
    const unread = streamChatCompletion(client, chatRequest)
    await unread.response
    let started = false
    createChatCompletion(client, chatRequest).then(() => {
      started = true
    })
    await vi.advanceTimersByTimeAsync(1000)
    expect(started).toBe(true)
  })

  it("gives back the place of another client's body that nobody reads", async () => {
    let requests = 0
    const fetch = compose(
      concurrencyLimit({ limit: 1 }),
      timeout({ idle: 1000 }),
    )((_, { signal }) => {
      if (requests++) return Promise.resolve(new Response(null))
      const body = new ReadableStream({
        start: controller => signal!.addEventListener('abort', () => controller.error(signal!.reason)),
      })
      return Promise.resolve(new Response(body))
    })
    await fetch(URL_A, {})
    fetch(URL_A, {})
    await vi.advanceTimersByTimeAsync(1000)
    expect(requests).toBe(2)
  })

  it('is that of the timeout policy around', async () => {
    const fetch = createFakeFetch({ faults: { stall: 'headers' } })
    const policies = [timeout({ total: 1000 }), concurrencyLimit({ limit: 1 })]
    const client = clientOf(fetch, { policies })
    const calls = [1, 2, 3].map(() => failureOf(createChatCompletion(client, chatRequest)))
    await vi.advanceTimersByTimeAsync(1000)
    expect((await Promise.all(calls)).map(({ phase }) => phase)).toEqual(['total', 'total', 'total'])
    expect(fetch.requests).toHaveLength(1)
  })

  it('ends a call that waits for itself', async () => {
    const client = clientOf(createFakeFetch(), {
      policies: [timeout({ total: 1000 }), concurrencyLimit({ limit: 1 })],
    })
    const inner = failureOf(async () => {
      for await (const _ of streamChatCompletion(client, chatRequest))
        await createChatCompletion(client, chatRequest, { timeout: { total: 300 } })
    })
    await vi.advanceTimersByTimeAsync(300)
    expect(await inner).toMatchObject({ name: 'TimeoutError', phase: 'total' })
    // Leaving the loop gave the place back.
    expect(await collectText(streamChatCompletion(client, chatRequest))).toMatch(/\w/)
  })
})

describe('a place', () => {
  /** How many calls there is room for. */
  async function room({ fetch, answers }: ReturnType<typeof setUp>): Promise<number> {
    const before = answers.length
    const calls = Array.from({ length: 10 }, (_, i) => fetch(URL_A, { headers: { id: `${before + i}` } }))
    await settle()
    const free = answers.length - before
    for (let i = before; i < before + 10; i++) {
      answers[i]?.resolve(new Response(null))
      await settle()
    }
    await Promise.all(calls)
    return free
  }

  function openBody() {
    let controller!: ReadableStreamDefaultController<Uint8Array>
    const body = new ReadableStream<Uint8Array>({
      start(given) {
        controller = given
      },
    })
    return { response: new Response(body), controller }
  }

  it('is held until the body ends, and given back once', async () => {
    const all = setUp(2)
    const ends = {
      async done(reader: ReadableStreamDefaultReader, { close }: { close: () => void }) {
        close()
        await reader.read()
      },
      async failed(reader: ReadableStreamDefaultReader, { fail }: { fail: () => void }) {
        fail()
        await reader.read().catch(() => {})
      },
      async cancelled(reader: ReadableStreamDefaultReader) {
        await reader.cancel()
      },
      async cancelledInWait(reader: ReadableStreamDefaultReader) {
        const reading = reader.read()
        await reader.cancel()
        await reading
      },
      async cancelledTwice(reader: ReadableStreamDefaultReader) {
        await Promise.all([reader.cancel(), reader.cancel()])
      },
    }
    for (const end of Object.values(ends)) {
      const { response, controller } = openBody()
      const id = all.answers.length
      const call = all.fetch(URL_A, { headers: { id: `${id}` } })
      all.answers[id]!.resolve(response)
      const reader = (await call).body!.getReader()
      await settle()
      expect(await room(all), end.name).toBe(1)
      await end(reader, { close: () => controller.close(), fail: () => controller.error(new Error('cut')) })
      await settle()
      expect(await room(all), end.name).toBe(2)
    }
  })

  it('is given back once, even to an answer that tells its end twice', async () => {
    let running = 0
    const fetch = concurrencyLimit({ limit: 1 })(async () => {
      expect(++running).toBe(1)
      await settle()
      running--
      const watch = ({ end }: Watcher) => {
        end?.({})
        end?.({ cancelled: true })
      }
      return setAnswer(new Response(null), { data: undefined, watch })
    })
    await Promise.all(Array.from({ length: 5 }, () => fetch(URL_A, {})))
  })

  it('is given back when the fetch fails, at once or later', async () => {
    let broken: 'at once' | 'later' | undefined
    const inner = setUp(2)
    const fetch = concurrencyLimit({ limit: 1 })((url, init) => {
      if (broken === 'at once') throw new ConnectionError('x')
      return broken ? Promise.reject(new ConnectionError('x')) : inner.fetch(url, init)
    })
    for (broken of ['at once', 'later', 'at once'] as const)
      expect(await failureOf(fetch(URL_A, {}))).toBeInstanceOf(ConnectionError)
    broken = undefined
    expect(await room({ ...inner, fetch })).toBe(1)
  })

  it('is held by a stream until it is read, left or aborted', async () => {
    const fetch = createFakeFetch({ reply: () => 'one two three four' })
    const client = clientOf(fetch, { policies: [concurrencyLimit({ limit: 1, queue: 0 })] })
    const busy = () => failureOf(createChatCompletion(client, chatRequest))
    for await (const _ of streamChatCompletion(client, chatRequest))
      expect((await busy()).name).toBe('QueueFullError')
    await createChatCompletion(client, chatRequest)
    for await (const _ of streamChatCompletion(client, chatRequest)) break
    await createChatCompletion(client, chatRequest)
    const controller = new AbortController()
    await failureOf(async () => {
      for await (const _ of streamChatCompletion(client, chatRequest, controller)) controller.abort()
    })
    await createChatCompletion(client, chatRequest)
  })

  it('is neither lost nor doubled by whatever happens', async () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant('start' as const) }),
      fc.record({ type: fc.constantFrom('end' as const, 'fail' as const, 'abort' as const), at: fc.nat(20) }),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.array(step, { maxLength: 60 }),
        async (limit, steps) => {
          const all = setUp(limit)
          const waiting: { id: number; controller: AbortController }[] = []
          const running: number[] = []
          const started: number[] = []
          let ids = 0
          const admit = () => {
            while (running.length < limit && waiting.length) {
              const { id } = waiting.shift()!
              running.push(id)
              started.push(id)
            }
          }
          for (const one of steps) {
            if (one.type === 'start') {
              const controller = new AbortController()
              all.start({ signal: controller.signal }).catch(() => {})
              waiting.push({ id: ids++, controller })
            } else if (one.type === 'abort') {
              const [left] = waiting.splice(one.at % (waiting.length || 1), 1)
              left?.controller.abort()
            } else {
              const [id] = running.splice(one.at % (running.length || 1), 1)
              if (id === undefined) continue
              if (one.type === 'end') all.answers[id]!.resolve(new Response(null))
              else all.answers[id]!.reject(new ConnectionError('x'))
            }
            admit()
            await settle(8)
            expect(all.order).toEqual(started)
          }
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('on Cloudflare Workers', () => {
  beforeEach(() => {
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' })
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** Runs what a request begins that ends without another word: none of its timers goes off any more. */
  function asVisitorWhoLeaves<T>(begin: () => T): T {
    const spies = (['setInterval', 'setTimeout'] as const).map(name =>
      vi.spyOn(globalThis, name).mockImplementation((() => 0) as never),
    )
    try {
      return begin()
    } finally {
      for (const spy of spies) spy.mockRestore()
    }
  }

  it('who waits looks for himself, and nobody comes before who came first (monoblok#705)', async () => {
    const { start, end, order } = setUp(1)
    for (let count = 0; count < 4; count++) start()
    for (const next of [1, 2, 3]) {
      await end(next - 1)
      expect(order).toHaveLength(next)
      await vi.advanceTimersByTimeAsync(20)
      expect(order).toEqual(Array.from({ length: next + 1 }, (_, id) => id))
    }
  })

  it('a place comes back three seconds after its visitor has gone (better-auth#10315)', async () => {
    const { start, order } = setUp(1)
    asVisitorWhoLeaves(() => start())
    start()
    await vi.advanceTimersByTimeAsync(2900)
    expect(order).toEqual([0])
    await vi.advanceTimersByTimeAsync(200)
    expect(order).toEqual([0, 1])
  })

  it('a place is held for as long as its request lives', async () => {
    const { start, end, order } = setUp(1)
    start()
    start()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(order).toEqual([0])
    await end(0)
    await vi.advanceTimersByTimeAsync(20)
    expect(order).toEqual([0, 1])
  })

  it('who has gone while he waited keeps nobody back', async () => {
    const { start, end, order } = setUp(1)
    start()
    asVisitorWhoLeaves(() => start())
    start()
    await vi.advanceTimersByTimeAsync(4000)
    await end(0)
    await vi.advanceTimersByTimeAsync(20)
    expect(order).toEqual([0, 2])
  })

  it('who waits, and who has a place, is there again after an isolate that stood still', async () => {
    const { start, end, order } = setUp(1)
    for (let count = 0; count < 3; count++) start()
    // Another request computes for so long that no timer goes off.
    vi.setSystemTime(Date.now() + 10_000)
    await vi.advanceTimersByTimeAsync(20)
    const late = order.length
    await vi.advanceTimersByTimeAsync(2000)
    // One too many may have begun before the first said that it lives; never another one.
    expect(order.length).toBe(late)
    for (let id = 0; id < 3; id++) {
      if (id < order.length) await end(order[id]!)
      await vi.advanceTimersByTimeAsync(1100)
    }
    expect([...order].sort()).toEqual([0, 1, 2])
  })

  it('is left at once on abort, and leaves no timer', async () => {
    const { start, end, order } = setUp(1)
    start()
    const { controller, listeners } = counted()
    const waiting = failureOf(start({ signal: controller.signal }))
    await vi.advanceTimersByTimeAsync(100)
    controller.abort('mine')
    expect(await waiting).toBe('mine')
    await end(0)
    expect([order, listeners(), vi.getTimerCount()]).toEqual([[0], 0, 0])
  })
})

describe('options', () => {
  it.each([
    { limit: 0 },
    { limit: 1.5 },
    { limit: Number.NaN },
    { limit: '3' as never },
    { limit: undefined as never },
    { limit: 1, queue: -1 },
    { limit: 1, queue: 0.5 },
    { limit: 1, queue: null as never },
  ])('%o are refused', options => {
    expect(() => concurrencyLimit(options)).toThrow(ConfigurationError)
  })

  it('may have no limit', async () => {
    const { start, order } = setUp(Number.POSITIVE_INFINITY)
    for (let i = 0; i < 1000; i++) start()
    expect(order).toHaveLength(1000)
  })
})
