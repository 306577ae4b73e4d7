import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type CallOptions,
  ConfigurationError,
  collectText,
  createChatCompletion,
  type EventStream,
  type Fetch,
  type LLMError,
  type Policy,
  retry,
  streamChatCompletion,
  type TimeoutLimits,
  timeout,
  ValidationError,
} from '../../src/index.ts'
import { createFakeFetch } from '../../src/testing/index.ts'
import { chatRequest, clientOf, completion, failureOf } from '../client/harness.ts'
import { policyContract } from './contract.ts'

policyContract('timeout', () => timeout(60_000))
policyContract('timeout of everything', () =>
  timeout({ headers: 9e4, firstEvent: 9e4, idle: 9e4, total: 9e4 }),
)
policyContract('timeout that is off', () => timeout())

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const encoder = new TextEncoder()
const url = 'https://api.test/'
const EVENT = 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
const FINISH = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'

/** An answer that comes as told: after so many milliseconds the headers, then texts, each after so many; then the end, unless it hangs. */
function timed(
  headersAfter: number,
  pieces: readonly (readonly [after: number, text: string])[],
  hangs = false,
): Fetch {
  return (_, { signal }) =>
    new Promise((resolve, reject) => {
      signal!.addEventListener('abort', () => reject(signal!.reason))
      setTimeout(() => {
        const body = new ReadableStream<Uint8Array>({
          async start(controller) {
            signal!.addEventListener('abort', () => controller.error(signal!.reason))
            for (const [after, text] of pieces) {
              await new Promise(done => setTimeout(done, after))
              if (signal!.aborted) return
              controller.enqueue(encoder.encode(text))
            }
            if (!hangs) controller.close()
          },
        })
        resolve(new Response(body))
      }, headersAfter)
    })
}

/** Reads to the end. `text()` would give an error of its own in some browsers. */
async function drain(response: Response): Promise<void> {
  const reader = response.body!.getReader()
  while (!(await reader.read()).done);
}

const WHOLE = JSON.stringify(completion)
const halves = (after: number): [number, string][] => [
  [after, WHOLE.slice(0, 20)],
  [after, WHOLE.slice(20)],
]

/** How a plain call ends, and when. */
async function call(
  policies: Policy[],
  fetch: Fetch,
  options?: CallOptions,
): Promise<{ after: number; phase?: string; error?: Error & { retryable?: boolean } }> {
  const started = performance.now()
  const work = createChatCompletion(clientOf(fetch, { policies }), chatRequest, options).then(
    () => ({ after: performance.now() - started }),
    error => ({ after: performance.now() - started, phase: error.phase, error }),
  )
  await vi.advanceTimersByTimeAsync(100_000)
  return work
}

/** How the reading of a stream ends, and when; the reader takes its time over each value. */
async function read(
  policies: Policy[],
  fetch: Fetch,
  { options, pace = 0 }: { options?: CallOptions; pace?: number } = {},
): Promise<{ after: number; count: number; phase?: string; retryable?: boolean }> {
  const started = performance.now()
  let count = 0
  const work = (async () => {
    for await (const _ of streamChatCompletion(clientOf(fetch, { policies }), chatRequest, options)) {
      count++
      if (pace) await new Promise(resolve => setTimeout(resolve, pace))
    }
  })().then(
    () => ({ after: performance.now() - started, count }),
    ({ phase, retryable }) => ({ after: performance.now() - started, count, phase, retryable }),
  )
  await vi.advanceTimersByTimeAsync(200_000)
  return work
}

describe('limits', () => {
  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '5', 5n, true])(
    '%s is refused',
    async limit => {
      const phases = ['headers', 'firstEvent', 'idle', 'total']
      const all = [limit, ...phases.map(phase => ({ [phase]: limit }))]
      for (const limits of all) {
        const refused = await failureOf(() => timeout(limits as TimeoutLimits))
        expect(refused).toBeInstanceOf(ConfigurationError)
        const client = clientOf(createFakeFetch(), { policies: [timeout(5)] })
        const error = await failureOf(
          createChatCompletion(client, chatRequest, { timeout: limits as TimeoutLimits }),
        )
        expect(error).toBeInstanceOf(ValidationError)
        expect(error.issues[0].path).toMatch(/^timeout\./)
      }
    },
  )

  it('of 0 are off, and so are none', async () => {
    const slow = timed(50_000, halves(20_000))
    for (const limits of [0, undefined, {}, { headers: 0, firstEvent: 0, idle: 0, total: 0 }])
      expect(await call([timeout(limits)], slow)).toEqual({ after: 90_000 })
  })

  it('may be the largest that a timer takes', async () => {
    expect(await call([timeout({ total: 2 ** 31 - 1, idle: 2 ** 31 - 1 })], timed(10, halves(10)))).toEqual({
      after: 30,
    })
  })
})

describe('headers', () => {
  it('C4 ends a wait for the headers, which may be tried again', async () => {
    for (const limits of [100, { headers: 100 }]) {
      const { after, phase, error } = await call([timeout(limits)], timed(101, halves(1)))
      expect([after, phase, error?.name, error?.retryable]).toEqual([100, 'headers', 'TimeoutError', true])
    }
    expect(await call([timeout({ headers: 100 })], timed(99, halves(5000)))).toEqual({ after: 10_099 })
  })

  it('spans the wait for the key', async () => {
    const client = clientOf(createFakeFetch(), {
      policies: [timeout(100)],
      apiKey: () => new Promise(() => {}),
    })
    const failing = failureOf(createChatCompletion(client, chatRequest))
    await vi.advanceTimersByTimeAsync(100)
    expect((await failing).phase).toBe('headers')
  })

  it('ends a fetch that never settles', async () => {
    const { after, phase } = await call([timeout(100)], () => new Promise(() => {}))
    expect([after, phase]).toEqual([100, 'headers'])
  })

  it('does not hide an error whose body never ends', async () => {
    const endless = async () => new Response(new ReadableStream(), { status: 500 })
    const { after, error } = await call([timeout(100)], endless)
    expect([after, error?.name]).toEqual([2000, 'ServerError'])
  })

  it('around retry does not run in the wait between two attempts', async () => {
    let attempts = 0
    const fetch = async () => (++attempts > 1 ? Response.json(completion) : new Response('', { status: 503 }))
    const policies = [timeout(100), retry({ initialDelay: 300, jitter: false })]
    expect(await call(policies, fetch)).toEqual({ after: 300 })
  })
})

describe('idle', () => {
  it('ends a silence in the body of a plain answer', async () => {
    const { after, phase, error } = await call([timeout({ idle: 100 })], timed(5000, halves(101)))
    expect([after, phase, error?.retryable]).toEqual([5100, 'idle', false])
    expect(await call([timeout({ idle: 100 })], timed(5000, halves(99)))).toEqual({ after: 5198 })
  })

  it('ends a silence in a stream', async () => {
    const fetch = timed(1, [
      [1, EVENT],
      [99, EVENT],
      [101, EVENT],
    ])
    expect(await read([timeout({ idle: 100 })], fetch)).toMatchObject({
      after: 201,
      count: 2,
      phase: 'idle',
      retryable: false,
    })
  })

  it('says which request it was, as every error does', async () => {
    const fetch = timed(1, [[1, EVENT]], true)
    const client = clientOf(fetch, { policies: [timeout({ idle: 100 })] })
    const failing = failureOf(collectText(streamChatCompletion(client, chatRequest)))
    await vi.advanceTimersByTimeAsync(1000)
    const { message, url: address } = (await failing) as LLMError
    expect(message).toMatch(/^POST api\.test\/\S*chat\/completions: /)
    expect(address).toMatch(/^https:\/\/api\.test\/\S*chat\/completions$/)
  })

  it('leaves alone what the caller aborted the stream with', async () => {
    const reason = new ValidationError('mine')
    const controller = new AbortController()
    const client = clientOf(timed(1, [[1, EVENT]], true), { policies: [timeout({ idle: 100 })] })
    for (const abort of [
      () => controller.abort(reason),
      (stream: EventStream<unknown>) => stream.abort(reason),
    ]) {
      const stream = streamChatCompletion(client, chatRequest, { signal: controller.signal })
      const failing = failureOf(collectText(stream))
      await vi.advanceTimersByTimeAsync(50)
      abort(stream)
      expect(await failing).toBe(reason)
      expect([reason.message, reason.url]).toEqual(['mine', undefined])
    }
  })

  it('is held off by a comment, and by half an event', async () => {
    const fetch = timed(1, [
      [90, EVENT],
      [90, ': still here\n\n'],
      [90, EVENT.slice(0, 9)],
      [90, EVENT.slice(9)],
      [90, FINISH],
    ])
    expect(await read([timeout({ idle: 100 })], fetch)).toMatchObject({ after: 451, count: 3 })
  })

  it('does not count the time that the reader takes', async () => {
    const fetch = timed(1, [
      [1, EVENT],
      [1, EVENT],
      [1, EVENT],
      [1, FINISH],
    ])
    const { count, phase } = await read([timeout({ idle: 100 })], fetch, { pace: 1000 })
    expect([count, phase]).toEqual([4, undefined])
  })

  it('does not count it where all came in one piece either', async () => {
    const fetch = timed(1, [[1, EVENT + EVENT + EVENT + FINISH]])
    const { count, phase } = await read([timeout({ idle: 100 })], fetch, { pace: 1000 })
    expect([count, phase]).toEqual([4, undefined])
  })

  it('ends a stream that nobody reads', async () => {
    const fetch = createFakeFetch({ faults: { stall: 2 } })
    streamChatCompletion(clientOf(fetch, { policies: [timeout({ idle: 100 })] }), chatRequest)
    await vi.advanceTimersByTimeAsync(50)
    expect(fetch.requests[0]!.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(100)
    expect(fetch.requests[0]!.aborted).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('firstEvent', () => {
  it('ends the wait for the first event, which may be tried again', async () => {
    const fetch = timed(500, [[101, EVENT]])
    expect(await read([timeout({ firstEvent: 100 })], fetch)).toMatchObject({
      after: 600,
      count: 0,
      phase: 'firstEvent',
      retryable: true,
    })
    expect(
      await read(
        [timeout({ firstEvent: 100 })],
        timed(500, [
          [99, EVENT],
          [5000, FINISH],
        ]),
      ),
    ).toMatchObject({ count: 2 })
  })

  it('is not held off by comments', async () => {
    const fetch = timed(
      1,
      Array.from({ length: 50 }, () => [30, ': wait\n\n'] as const),
    )
    expect(await read([timeout({ firstEvent: 100, idle: 50 })], fetch)).toMatchObject({
      after: 101,
      phase: 'firstEvent',
    })
  })

  it('does not concern a plain answer', async () => {
    expect(await call([timeout({ firstEvent: 10 })], timed(1, halves(500)))).toEqual({ after: 1001 })
  })

  it('is retried', async () => {
    let attempt = 0
    const answers = [
      timed(1, [], true),
      timed(1, [
        [1, EVENT],
        [1, FINISH],
      ]),
    ]
    const fetch: Fetch = (...given) => answers[attempt++]!(...given)
    const policies = [retry({ jitter: false }), timeout({ firstEvent: 100 })]
    expect(await read(policies, fetch)).toMatchObject({ after: 1104, count: 2 })
  })
})

describe('total', () => {
  it('ends a call, whatever comes', async () => {
    const drip = Array.from({ length: 100 }, () => [90, EVENT] as const)
    const { after, phase, retryable } = await read([timeout({ total: 1000, idle: 100 })], timed(1, drip))
    expect([after, phase, retryable]).toEqual([1000, 'total', false])
    const plain = await call([timeout({ total: 1000 })], timed(600, halves(300)))
    expect([plain.after, plain.phase]).toEqual([1000, 'total'])
  })

  it('is not held off by keep-alive comments', async () => {
    const fetch = timed(
      1,
      Array.from({ length: 100 }, () => [30, ': wait\n\n'] as const),
    )
    expect(await read([timeout({ total: 1000 })], fetch)).toMatchObject({ after: 1000, phase: 'total' })
  })

  it('around retry spans all attempts and waits', async () => {
    const policies = [timeout({ total: 5000 }), retry({ jitter: false }), timeout({ headers: 1500 })]
    const { after, phase, error } = await call(policies, () => new Promise(() => {}))
    // 1500, wait 1000, 1500: a wait of 2000 would end after the deadline.
    expect([after, phase, error?.name]).toEqual([4000, 'headers', 'TimeoutError'])
    const cut = await call([timeout({ total: 3000 }), retry({ jitter: false })], timed(5000, []))
    expect([cut.after, cut.phase]).toEqual([3000, 'total'])
  })

  it('within retry limits each attempt, and is not retried', async () => {
    const { after, phase } = await call([retry(), timeout({ total: 100 })], () => new Promise(() => {}))
    expect([after, phase]).toEqual([100, 'total'])
  })

  it('of the outermost holds for those inside', async () => {
    const policies = [
      timeout({ total: 1000 }),
      timeout({ total: 5000 }),
      retry({ jitter: false, initialDelay: 900 }),
    ]
    const fetch = createFakeFetch({ faults: () => ({ status: 503, delay: 200 }) })
    expect((await call(policies, fetch)).after).toBe(200)
  })
})

describe("a call's own timeout", () => {
  const policies = [timeout({ headers: 1000, idle: 1000, total: 50_000 })]

  it('takes the place of the limits, longer or shorter', async () => {
    const slow = timed(5000, halves(10))
    expect(await call(policies, slow)).toMatchObject({ after: 1000, phase: 'headers' })
    expect(await call(policies, slow, { timeout: 6000 })).toEqual({ after: 5020 })
    expect(await call(policies, slow, { timeout: 500 })).toMatchObject({ after: 500, phase: 'headers' })
    expect(await call(policies, slow, { timeout: 0 })).toEqual({ after: 5020 })
    expect(await call(policies, slow, { timeout: { total: 700 } })).toMatchObject({
      after: 700,
      phase: 'total',
    })
    expect(await call(policies, slow, { timeout: { headers: 6000 } })).toEqual({ after: 5020 })
    expect(await call(policies, slow, { timeout: { idle: 5 } })).toMatchObject({
      after: 1000,
      phase: 'headers',
    })
  })

  it('is divided between a deadline outside and the phases inside', async () => {
    const layers = [
      timeout({ total: 60_000 }),
      retry({ jitter: false, maxRetries: 1 }),
      timeout({ headers: 1000, idle: 1000 }),
    ]
    const hangs: Fetch = () => new Promise(() => {})
    expect(await call(layers, hangs)).toMatchObject({ after: 3000, phase: 'headers' })
    expect(await call(layers, hangs, { timeout: 5000 })).toMatchObject({ after: 11_000, phase: 'headers' })
    expect(await call(layers, hangs, { timeout: { headers: 200 } })).toMatchObject({
      after: 1400,
      phase: 'headers',
    })
    expect(await call(layers, hangs, { timeout: { total: 500 } })).toMatchObject({
      after: 500,
      phase: 'total',
    })
    expect(await call(layers, hangs, { timeout: { headers: 200, total: 300 } })).toMatchObject({
      after: 200,
      phase: 'headers',
    })
  })

  it('of 0 is off there as well', async () => {
    const layers = [timeout({ total: 60_000 }), retry(), timeout(1000)]
    expect(await call(layers, timed(5000, halves(10)), { timeout: 0 })).toEqual({ after: 5020 })
  })

  it('leaves a limit as it is where it says undefined', async () => {
    const hangs: Fetch = () => new Promise(() => {})
    const options = { timeout: { headers: undefined, idle: 5 } }
    expect(await call(policies, hangs, options)).toMatchObject({ after: 1000, phase: 'headers' })
  })
})

describe("around another client's fetch", () => {
  it('limits the wait for the headers, and the silence in the body', async () => {
    const silent = failureOf(timeout(100)(() => new Promise(() => {}))(url, {}))
    await vi.advanceTimersByTimeAsync(100)
    expect((await silent).phase).toBe('headers')
    const work = timeout({ idle: 100 })(
      timed(1, [
        [50, 'a'],
        [150, 'b'],
      ]),
    )(url, {})
    await vi.advanceTimersByTimeAsync(1)
    const reading = failureOf(drain(await work))
    await vi.advanceTimersByTimeAsync(150)
    expect((await reading).phase).toBe('idle')
  })

  it('limits the whole, body included', async () => {
    const work = timeout({ total: 100 })(
      timed(1, [
        [50, 'a'],
        [150, 'b'],
      ]),
    )(url, {})
    await vi.advanceTimersByTimeAsync(1)
    const reading = failureOf(drain(await work))
    await vi.advanceTimersByTimeAsync(100)
    expect((await reading).phase).toBe('total')
  })

  it("keeps the caller's own reason", async () => {
    const controller = new AbortController()
    const failing = failureOf(timeout(100)(() => new Promise(() => {}))(url, { signal: controller.signal }))
    const reason = new DOMException('mine', 'TimeoutError')
    controller.abort(reason)
    expect(await failing).toBe(reason)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('timers', () => {
  it('are all stopped when the call is over', async () => {
    const limits = { headers: 9000, firstEvent: 9000, idle: 9000, total: 9000 }
    const client = clientOf(createFakeFetch(), { policies: [timeout(limits)] })
    await createChatCompletion(client, chatRequest)
    expect(vi.getTimerCount()).toBe(0)
    for await (const _ of streamChatCompletion(client, chatRequest)) break
    await vi.advanceTimersByTimeAsync(200)
    expect(vi.getTimerCount()).toBe(0)
    const refusing = clientOf(createFakeFetch({ faults: { status: 400 } }), { policies: [timeout(limits)] })
    await failureOf(createChatCompletion(refusing, chatRequest))
    expect(vi.getTimerCount()).toBe(0)
  })
})
