import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  CircuitOpenError,
  ConfigurationError,
  circuitBreaker,
  createChatCompletion,
  fallback,
  LLMClient,
  type LLMClientConfig,
  retry,
  ServerError,
  timeout,
} from '../../src/index.ts'
import { createFakeFetch } from '../../src/testing/index.ts'
import { BASE, chatRequest, clientOf, KEY } from '../client/harness.ts'

const MINUTE = 60_000

/** A service that is down for the first minute. */
function outage() {
  const end = performance.now() + MINUTE
  return createFakeFetch({ faults: () => (performance.now() < end ? { status: 503 } : {}) })
}

/** `callers` calls at once; how each ends, after the time given. */
async function wave(callers: number, call: () => Promise<unknown>, ms: number): Promise<unknown[]> {
  const calls = Array.from({ length: callers }, () =>
    call().then(
      () => undefined,
      error => error,
    ),
  )
  await vi.advanceTimersByTimeAsync(ms)
  return Promise.all(calls)
}

function facade(config: LLMClientConfig) {
  const client = new LLMClient({ baseUrl: BASE, apiKey: () => KEY, ...config })
  return { client, ask: () => client.chat.completions.create(chatRequest) as Promise<unknown> }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'Date', 'setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a minute of outage', () => {
  it('gets at most 1.2 requests a caller from retry, and one each once its bucket is dry', async () => {
    const fetch = outage()
    const policies = [retry({ maxRetries: 10, initialDelay: 100, maxDelay: 1000 }), timeout(10_000)]
    const client = clientOf(fetch, { policies })
    const ask = () => createChatCompletion(client, chatRequest)
    for (let i = 0; i < 5; i++) {
      const before = fetch.requests.length
      const errors = await wave(100, ask, 11_000)
      expect(errors.every(error => error instanceof ServerError)).toBe(true)
      const sent = fetch.requests.length - before
      if (i) expect(sent).toBe(100)
      else expect(sent).toBeLessThanOrEqual(120)
    }
    vi.advanceTimersByTime(MINUTE)
    expect(new Set(await wave(100, ask, 0))).toEqual(new Set([undefined]))
  })

  it('C24 gets hardly any from LLMClient, which finds out when it is over', async () => {
    const fetch = outage()
    const { ask } = facade({ fetch })
    let sent = 0
    for (let second = 0; second < 55; second += 5) {
      const errors = await wave(100, ask, 5000)
      expect(errors.every(error => error instanceof CircuitOpenError || error instanceof ServerError)).toBe(
        true,
      )
      if (!second) sent = fetch.requests.length
    }
    // All of the first wave are under way before the first of them fails.
    expect(sent).toBeLessThanOrEqual(100)
    expect(fetch.requests.length).toBe(sent)
    await vi.advanceTimersByTimeAsync(10_000)
    await ask()
    await ask()
    expect(new Set(await wave(100, ask, 0))).toEqual(new Set([undefined]))
  })
})

describe('LLMClient', () => {
  it('lets what has queued up meet the open circuit', async () => {
    const fetch = createFakeFetch({ faults: { status: 503 } })
    const { ask } = facade({ fetch, retry: false, maxConcurrentRequests: 3 })
    const errors = await wave(1000, ask, 1000)
    expect(fetch.requests.length).toBeLessThanOrEqual(5 + 3)
    expect(errors.filter(error => error instanceof CircuitOpenError).length).toBe(
      1000 - fetch.requests.length,
    )
  })

  it('sends no more at once than maxConcurrentRequests, and counts no wait as a request', async () => {
    let running = 0
    let most = 0
    const fake = createFakeFetch({ faults: [{ status: 503 }, { status: 503 }] })
    const { ask } = facade({
      maxConcurrentRequests: 2,
      fetch: async (url, init) => {
        most = Math.max(most, ++running)
        await new Promise(resolve => setTimeout(resolve, 10))
        running--
        return fake(url, init)
      },
    })
    let done = 0
    const calls = Array.from({ length: 10 }, () => ask().then(() => done++))
    // Two wait half a second or more to be sent again, and keep nobody back.
    await vi.advanceTimersByTimeAsync(100)
    expect(done).toBe(8)
    await vi.advanceTimersByTimeAsync(2000)
    await Promise.all(calls)
    expect([most, fake.requests.length]).toEqual([2, 12])
  })

  it('asks a fallback when the circuit is open', async () => {
    const fetch = createFakeFetch({
      faults: ({ url }) => (url.startsWith(BASE) ? { status: 503 } : {}),
    })
    const breaker = circuitBreaker({ failureThreshold: 2 })
    const to = [{ baseUrl: 'https://second.test/v1', apiKey: () => 'sk-second' }]
    const { client, ask } = facade({
      fetch,
      retry: { maxRetries: 1 },
      circuitBreaker: breaker,
      fallback: fallback({ to }),
    })
    expect(await wave(1, ask, 10_000)).toEqual([undefined])
    expect([fetch.requests.length, breaker.state(BASE), breaker.state(to[0]!.baseUrl)]).toEqual([
      3,
      'open',
      'closed',
    ])
    const { headers, attempts } = await client.chat.completions.create(chatRequest).withResponse()
    expect([headers.get('x-llmfetch-target'), attempts]).toEqual(['https://second.test/v1', 1])
  })

  it('has no breaker when told so', async () => {
    const fetch = createFakeFetch({ faults: { status: 503 } })
    const { ask } = facade({ fetch, retry: false, circuitBreaker: false })
    await wave(50, ask, 0)
    expect(fetch.requests).toHaveLength(50)
  })

  it('refuses bad settings', () => {
    expect(() => facade({ maxConcurrentRequests: 0 })).toThrow(ConfigurationError)
    expect(() => facade({ circuitBreaker: { timeout: -1 } })).toThrow(ConfigurationError)
    expect(() => facade({ fallback: { to: [] } as never })).toThrow(ConfigurationError)
  })
})
