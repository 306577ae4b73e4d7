import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  APIError,
  ConfigurationError,
  ConnectionError,
  createChatCompletion,
  type FailedAttempt,
  type Fetch,
  type FetchInit,
  type RetryOptions,
  retry,
  streamChatCompletion,
  TimeoutError,
  timeout,
  ValidationError,
} from '../../src/index.ts'
import { createFakeFetch, type Fault } from '../../src/testing/index.ts'
import { chatRequest, clientOf, failureOf } from '../client/harness.ts'
import { never, policyContract } from './contract.ts'

policyContract('retry', () => retry(), [
  { name: 'its delay', create: () => retry({ initialDelay: 60_000 }) },
  { name: 'shouldRetry', create: () => retry({ shouldRetry: never }) },
  { name: 'onRetry', create: () => retry({ onRetry: never }) },
])

const url = 'https://api.test/'

/** Its body is a stream of the language: Chromium reads any other in tasks that faked timers overtake. */
function status(status: number, headers: Record<string, string> = {}): Response {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(`${status}`))
      controller.close()
    },
  })
  return new Response(body, { status, headers })
}

function refused(status: number, details: object = {}): APIError {
  return new APIError('no', { status, headers: new Headers(), retryable: true, ...details })
}

/** Runs a fetch that gives these outcomes in turn, the last one for ever; tells what came of it, and the waits between. */
async function run(
  options: RetryOptions,
  outcomes: readonly (Response | Error)[],
  init: FetchInit = {},
): Promise<{ requests: number; waits: number[]; response?: Response; error?: unknown }> {
  const times: number[] = []
  const fetch = retry(options)(async () => {
    times.push(performance.now())
    const outcome = outcomes[Math.min(times.length, outcomes.length) - 1]!
    if (outcome instanceof Error) throw outcome
    return outcome.clone()
  })
  const settled = fetch(url, init).then(
    response => ({ response }),
    (error: unknown) => ({ error }),
  )
  await vi.runAllTimersAsync()
  const waits = times.slice(1).map((time, place) => Math.round(time - times[place]!))
  return { requests: times.length, waits, ...(await settled) }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('what is retried', () => {
  it.each([408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529])('%i is', async code => {
    expect((await run({ jitter: false }, [status(code), status(200)])).response!.status).toBe(200)
    expect((await run({}, [refused(code), status(200)])).requests).toBe(2)
  })

  it.each([400, 401, 403, 404, 405, 413, 418, 422, 501, 505, 511])('%i is not', async code => {
    expect((await run({}, [status(code), status(200)])).response!.status).toBe(code)
    expect((await run({}, [refused(code, { retryable: false }), status(200)])).requests).toBe(1)
  })

  it('a failed connection is, and a timeout of the headers or the first event', async () => {
    const passing = [
      new TypeError('fetch failed'),
      new ConnectionError('m', { retryable: true }),
      new TimeoutError('m', { phase: 'headers', retryable: true }),
      new TimeoutError('m', { phase: 'firstEvent', retryable: true }),
    ]
    for (const error of passing) expect((await run({}, [error, status(200)])).requests).toBe(2)
  })

  it('nothing else is', async () => {
    const lasting = [
      new ConfigurationError('m'),
      new ValidationError('m', { issues: [] }),
      new TimeoutError('m', { phase: 'idle' }),
      new TimeoutError('m', { phase: 'total' }),
      new DOMException('gone', 'AbortError'),
      new Error('m'),
      new RangeError('m'),
      refused(429, { retryable: false }),
    ]
    for (const error of lasting) {
      const { requests, error: thrown } = await run({}, [error, status(200)])
      expect([requests, thrown]).toEqual([1, error])
    }
  })

  it('x-should-retry decides', async () => {
    expect((await run({}, [status(503, { 'x-should-retry': 'false' }), status(200)])).requests).toBe(1)
    expect((await run({}, [status(400, { 'x-should-retry': 'true' }), status(200)])).requests).toBe(2)
    const fetch = createFakeFetch({ faults: [{ status: 400, headers: { 'x-should-retry': 'true' } }] })
    const work = createChatCompletion(clientOf(fetch, { policies: [retry()] }), chatRequest)
    await vi.runAllTimersAsync()
    await work
    expect(fetch.requests).toHaveLength(2)
  })

  it('statuses can be others', async () => {
    expect((await run({ statuses: [418] }, [status(418), status(200)])).requests).toBe(2)
    expect((await run({ statuses: [418] }, [status(503), status(200)])).requests).toBe(1)
    expect((await run({ statuses: [418] }, [refused(418, { retryable: false }), status(200)])).requests).toBe(
      2,
    )
    expect((await run({ statuses: [418] }, [refused(503), status(200)])).requests).toBe(1)
    expect((await run({ statuses: [] }, [new TypeError('fetch failed'), status(200)])).requests).toBe(2)
  })
})

describe('how often', () => {
  it.each([
    [{}, 4],
    [{ maxRetries: 0 }, 1],
    [{ maxRetries: 1 }, 2],
    [{ maxRetries: 10 }, 11],
  ])('%j', async (options, requests) => {
    const last = await run(options, [status(503)])
    expect([last.requests, last.response!.status]).toEqual([requests, 503])
    // Whoever gets the last answer can still read it.
    expect(await last.response!.text()).toBe('503')
  })

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 11, '3', null, true, {}])(
    '%s times is refused',
    async maxRetries => {
      expect(await failureOf(() => retry({ maxRetries } as RetryOptions))).toBeInstanceOf(ConfigurationError)
      const client = clientOf(createFakeFetch(), { policies: [retry()] })
      if (maxRetries === null) return
      const error = await failureOf(createChatCompletion(client, chatRequest, { maxRetries } as object))
      expect(error).toBeInstanceOf(ValidationError)
      expect(error.issues[0].path).toBe('maxRetries')
    },
  )

  it('a call may say itself', async () => {
    const fetch = createFakeFetch({ faults: () => ({ status: 503 }) })
    const client = clientOf(fetch, { policies: [retry({ maxRetries: 5 })] })
    for (const maxRetries of [0, 2]) {
      fetch.reset()
      const failing = failureOf(createChatCompletion(client, chatRequest, { maxRetries }))
      await vi.runAllTimersAsync()
      expect((await failing).status).toBe(503)
      expect(fetch.requests).toHaveLength(maxRetries + 1)
    }
  })
})

describe('bad options', () => {
  it.each([
    { initialDelay: -1 },
    { initialDelay: Number.NaN },
    { maxDelay: 2 ** 31 },
    { maxDelay: Number.POSITIVE_INFINITY },
    { backoffFactor: -2 },
    { strategy: 'random' },
  ])('%j', async options => {
    expect(await failureOf(() => retry(options as RetryOptions))).toBeInstanceOf(ConfigurationError)
  })
})

describe('how long', () => {
  const plain = { jitter: false, maxRetries: 4 }

  it.each([
    [plain, [1000, 2000, 4000, 8000]],
    [{ ...plain, strategy: 'exponential', initialDelay: 10, backoffFactor: 3 }, [10, 30, 90, 270]],
    [{ ...plain, strategy: 'linear', initialDelay: 10 }, [10, 20, 30, 40]],
    [{ ...plain, strategy: 'fixed', initialDelay: 10 }, [10, 10, 10, 10]],
    [{ ...plain, maxDelay: 1500 }, [1000, 1500, 1500, 1500]],
    [{ ...plain, initialDelay: 0 }, [0, 0, 0, 0]],
  ] as const)('%j', async (options, waits) => {
    expect((await run(options, [status(503)])).waits).toEqual(waits)
  })

  it('is at random between half the delay and the whole', async () => {
    const firsts: number[] = []
    for (let i = 0; i < 300; i++) {
      const { waits } = await run({ maxRetries: 3 }, [status(503)])
      firsts.push(waits[0]!)
      waits.forEach((wait, place) => {
        expect(wait).toBeGreaterThanOrEqual(500 * 2 ** place)
        expect(wait).toBeLessThanOrEqual(1000 * 2 ** place)
      })
    }
    expect(new Set(firsts).size).toBeGreaterThan(50)
    const mean = firsts.reduce((sum, wait) => sum + wait, 0) / firsts.length
    expect(mean).toBeGreaterThan(700)
    expect(mean).toBeLessThan(800)
  })

  it('reaches both ends', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    expect((await run({ maxRetries: 1 }, [status(503)])).waits).toEqual([500])
    vi.spyOn(Math, 'random').mockReturnValue(0.999_999)
    expect((await run({ maxRetries: 1 }, [status(503)])).waits[0]).toBeGreaterThanOrEqual(999)
  })

  it.each([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after-ms': '15', 'retry-after': '7' }, 15],
    [{ 'ratelimit-reset': '3' }, 3000],
    [{ 'retry-after': '60' }, 60_000],
    [{ 'retry-after': '0x10' }, 1000],
    [{ 'retry-after': '-5' }, 1000],
  ])('the service says: %j', async (headers, wait) => {
    const { waits } = await run({ jitter: false, maxRetries: 1 }, [status(429, headers), status(200)])
    expect(waits).toEqual([wait])
    const retryAfter = wait === 1000 ? undefined : wait
    expect(
      (await run({ jitter: false, maxRetries: 1 }, [refused(429, { retryAfter }), status(200)])).waits,
    ).toEqual([wait])
  })

  it('a wait over maxDelay fails at once, and tells how long', async () => {
    for (const retryAfter of ['61', '999999', '999999999']) {
      const { requests, response } = await run({}, [status(429, { 'retry-after': retryAfter }), status(200)])
      expect([requests, response!.status]).toEqual([1, 429])
    }
    const { requests, error } = await run({}, [refused(429, { retryAfter: 61_000 }), status(200)])
    expect([requests, (error as APIError).retryAfter]).toEqual([1, 61_000])
    expect((await run({ maxDelay: 100 }, [refused(429, { retryAfter: 101 }), status(200)])).requests).toBe(1)
  })

  it('a wait beyond the deadline fails at once', async () => {
    const fetch = createFakeFetch({ faults: () => ({ status: 503, headers: { 'retry-after': '10' } }) })
    const client = clientOf(fetch, { policies: [timeout({ total: 9000 }), retry()] })
    const started = performance.now()
    const failing = failureOf(createChatCompletion(client, chatRequest))
    await vi.advanceTimersByTimeAsync(1)
    expect(await failing).toMatchObject({ status: 503, retryAfter: 10_000 })
    expect(performance.now() - started).toBeLessThan(10)
    expect(fetch.requests).toHaveLength(1)
  })

  it('does not depend on the clock on the wall', async () => {
    const fetch = vi.fn<Fetch>(async () => status(503))
    const work = retry({ jitter: false, maxRetries: 1 })(fetch)(url, {})
    await vi.advanceTimersByTimeAsync(500)
    vi.setSystemTime(Date.now() - 3_600_000)
    await vi.advanceTimersByTimeAsync(499)
    expect(fetch).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(fetch).toHaveBeenCalledTimes(2)
    await work
  })
})

describe('abort', () => {
  it('F4 ends the wait at once, and nothing more is sent', async () => {
    const controller = new AbortController()
    const fetch = vi.fn<Fetch>(async () => status(503))
    const failing = failureOf(retry()(fetch)(url, { signal: controller.signal }))
    await vi.advanceTimersByTimeAsync(100)
    const reason = new Error('mine')
    controller.abort(reason)
    expect(await failing).toBe(reason)
    expect(vi.getTimerCount()).toBe(0)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(fetch).toHaveBeenCalledOnce()
  })

  it('is not a failure to retry', async () => {
    const controller = new AbortController()
    const fetch = vi.fn<Fetch>(async () => {
      controller.abort()
      throw new TypeError('network error')
    })
    const { error } = await retry()(fetch)(url, { signal: controller.signal }).then(
      () => ({ error: undefined }),
      (error: unknown) => ({ error }),
    )
    expect(error).toBeDefined()
    expect(fetch).toHaveBeenCalledOnce()
  })

  it('ends a shouldRetry that does not', async () => {
    const controller = new AbortController()
    const shouldRetry = () => new Promise<boolean>(() => {})
    const failing = failureOf(
      retry({ shouldRetry })(async () => status(503))(url, { signal: controller.signal }),
    )
    await vi.advanceTimersByTimeAsync(1)
    controller.abort('mine')
    expect(await failing).toBe('mine')
  })
})

describe('what is sent again', () => {
  it('is the same, byte by byte, with the same idempotency key', async () => {
    const fetch = createFakeFetch({ faults: [{ status: 500 }, { status: 429 }, { reset: 'headers' }] })
    const client = clientOf(fetch, { policies: [retry()] })
    const work = createChatCompletion(client, chatRequest, { idempotencyKey: 'once' }).withResponse()
    await vi.runAllTimersAsync()
    expect(await work).toMatchObject({ attempts: 4, status: 200 })
    expect(fetch.requests).toHaveLength(4)
    for (const request of fetch.requests) expect(request).toEqual({ ...fetch.requests[0] })
    expect(fetch.requests[3]!.headers['idempotency-key']).toBe('once')
  })

  it('asks for the key again', async () => {
    const apiKey = vi.fn(() => `key-${apiKey.mock.calls.length}`)
    const fetch = createFakeFetch({ faults: [{ status: 503 }] })
    const work = createChatCompletion(clientOf(fetch, { apiKey, policies: [retry()] }), chatRequest)
    await vi.runAllTimersAsync()
    await work
    expect(fetch.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer key-1',
      'Bearer key-2',
    ])
  })

  it('is no stream: its bytes are gone', async () => {
    const body = new ReadableStream()
    expect((await run({}, [status(503), status(200)], { body })).requests).toBe(1)
    expect((await run({}, [status(503), status(200)], { body: 'text' })).requests).toBe(2)
    expect((await run({}, [status(503), status(200)], { body: new Uint8Array(2) })).requests).toBe(2)
  })

  it('leaves no body of a failed attempt open', async () => {
    const cancel = vi.fn()
    let attempt = 0
    const fetch = retry()(async () => {
      return attempt++ ? status(200) : new Response(new ReadableStream({ cancel }), { status: 503 })
    })
    const work = fetch(url, {})
    await vi.runAllTimersAsync()
    await work
    expect(cancel).toHaveBeenCalledOnce()
  })
})

describe('a stream', () => {
  /** How many requests a stream with this fault takes, and how it ends. */
  async function streamed(fault: Fault): Promise<[requests: number, end: string]> {
    const fetch = createFakeFetch({ faults: [fault] })
    const client = clientOf(fetch, { policies: [retry()] })
    const work = (async () => {
      for await (const _ of streamChatCompletion(client, chatRequest));
      return 'complete'
    })().catch((error: Error) => error.name)
    await vi.runAllTimersAsync()
    return [fetch.requests.length, await work]
  }

  it('is retried until its first event is out', async () => {
    expect(await streamed({ status: 503 })).toEqual([2, 'complete'])
    expect(await streamed({ reset: 'headers' })).toEqual([2, 'complete'])
    expect(await streamed({ reset: 0 })).toEqual([2, 'complete'])
    expect(await streamed({ body: { error: { message: 'm', type: 'server_error' } } })).toEqual([
      2,
      'complete',
    ])
  })

  it('is not retried after it', async () => {
    expect(await streamed({ reset: 2 })).toEqual([1, 'IncompleteStreamError'])
    expect(await streamed({ cut: 2 })).toEqual([1, 'IncompleteStreamError'])
    expect(await streamed({ garbage: true })).toEqual([1, 'ProtocolError'])
  })
})

describe('hooks', () => {
  it('see each failure in order', async () => {
    const seen: [string, number, number | undefined, number | undefined][] = []
    const log =
      (name: string) =>
      ({ attempt, error, response, delay }: FailedAttempt & { delay?: number }): boolean => {
        seen.push([name, attempt, response?.status ?? (error as APIError).status, delay])
        return true
      }
    const options = { jitter: false, maxRetries: 2, shouldRetry: log('should'), onRetry: log('on') }
    await run(options, [status(503), refused(400, { retryable: false }), status(404)])
    expect(seen).toEqual([
      ['should', 1, 503, undefined],
      ['on', 1, 503, 1000],
      ['should', 2, 400, undefined],
      ['on', 2, 400, 2000],
    ])
  })

  it('shouldRetry decides in place of the rules, and may take its time', async () => {
    const no = async () => false
    expect((await run({ shouldRetry: no }, [status(503), status(200)])).requests).toBe(1)
    const yes = ({ error }: FailedAttempt) => Promise.resolve((error as APIError).status === 400)
    expect(
      (await run({ shouldRetry: yes }, [refused(400, { retryable: false }), status(200)])).requests,
    ).toBe(2)
  })

  it('that throw end the call with their error', async () => {
    const mine = new Error('mine')
    const fail = () => {
      throw mine
    }
    expect((await run({ shouldRetry: fail }, [status(503), status(200)])).error).toBe(mine)
    expect((await run({ shouldRetry: () => Promise.reject(mine) }, [status(503), status(200)])).error).toBe(
      mine,
    )
    expect((await run({ onRetry: fail }, [status(503), status(200)])).error).toBe(mine)
  })

  it('that an abort ends leave its reason as it is', async () => {
    const failure = new ConnectionError('gone', { retryable: true })
    for (const name of ['shouldRetry', 'onRetry'] as const) {
      const reason = new Error('mine')
      const controller = new AbortController()
      const hook = () => {
        controller.abort(reason)
        return never()
      }
      const { error } = await run({ [name]: hook }, [failure], { signal: controller.signal })
      expect(error).toBe(reason)
      expect(reason).not.toHaveProperty('cause')
    }
  })

  it('that throw keep the failure as the cause', async () => {
    const failure = new ConnectionError('gone', { retryable: true })
    const fail = () => {
      throw new Error('mine')
    }
    expect((await run({ shouldRetry: fail }, [failure])).error).toMatchObject({
      message: 'mine',
      cause: failure,
    })
    expect((await run({ onRetry: fail }, [failure])).error).toMatchObject({ message: 'mine', cause: failure })
  })
})

describe("a spent quota behind another client's fetch", () => {
  it('is not retried, and its body is still there', async () => {
    const spent = Response.json({ error: { code: 'insufficient_quota' } }, { status: 429 })
    const fetch = vi.fn(async () => spent)
    const response = await retry()(fetch)('https://api.test/v1/x', {})
    expect(fetch).toHaveBeenCalledTimes(1)
    expect(await response.json()).toEqual({ error: { code: 'insufficient_quota' } })
  })
})

describe('the bucket of tokens', () => {
  /** How many requests each of these calls takes, one after another, of one policy. */
  async function ledger(
    calls: readonly (readonly (Response | Error)[])[],
    options: RetryOptions = {},
  ): Promise<number[]> {
    let outcomes: readonly (Response | Error)[] = []
    let requests = 0
    const fetch = retry({ jitter: false, initialDelay: 0, ...options })(async () => {
      const outcome = outcomes[Math.min(requests++, outcomes.length - 1)]!
      if (outcome instanceof Error) throw outcome
      return outcome.clone()
    })
    const taken: number[] = []
    for (outcomes of calls) {
      requests = 0
      const work = fetch(url, {}).catch(() => {})
      await vi.runAllTimersAsync()
      await work
      taken.push(requests)
    }
    return taken
  }
  const down = [status(503)]
  const slow = [new TimeoutError('m', { phase: 'headers', retryable: true })]

  it('pays for twenty retries', async () => {
    // 100 tokens, 5 a retry: six calls with three retries, one with two, and then none.
    expect(await ledger(Array(9).fill(down))).toEqual([4, 4, 4, 4, 4, 4, 3, 1, 1])
  })

  it('pays for ten after timeouts', async () => {
    expect(await ledger(Array(5).fill(slow))).toEqual([4, 4, 4, 2, 1])
  })

  it('gets back what a retry cost that went well, and one for a call without', async () => {
    const recovers = [status(503), status(200)]
    expect(await ledger([...Array(6).fill(down), ...Array(30).fill(recovers), down])).toEqual([
      ...Array(6).fill(4),
      ...Array(30).fill(2),
      3,
    ])
    const fine = [status(200)]
    expect(await ledger([...Array(7).fill(down), ...Array(5).fill(fine), down])).toEqual([
      4, 4, 4, 4, 4, 4, 3, 1, 1, 1, 1, 1, 2,
    ])
  })

  it('throws the failure itself when it is empty', async () => {
    const policy = retry({ initialDelay: 0 })
    const error = refused(503)
    const fetch = policy(() => Promise.reject(error))
    for (let i = 0; i < 10; i++) {
      const failing = failureOf(fetch(url, {}))
      await vi.runAllTimersAsync()
      expect(await failing).toBe(error)
    }
  })

  it('keeps a hundred callers from a storm', async () => {
    let requests = 0
    const fetch = retry()(async () => {
      requests++
      return status(503)
    })
    const calls = Array.from({ length: 100 }, () => fetch(url, {}))
    await vi.runAllTimersAsync()
    await Promise.all(calls)
    expect(requests).toBe(120)
  })
})
