import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ConfigurationError, createChatCompletion, RateLimitError } from '../../src/index.ts'
import {
  memoryQuota,
  memoryStreams,
  quotaStore,
  type RelayQuota,
  type RelayUse,
  relay,
} from '../../src/relay/index.ts'
import { failureOf } from '../client/harness.ts'
import { until } from '../support/frames.ts'
import { authorize, BASE, errorOf, pageClient, question, relayOf, visit } from './harness.ts'

const MIDDAY = Date.parse('2026-03-01T12:00:00Z')

describe('the quota of a relay', () => {
  beforeEach(() => vi.useFakeTimers({ now: MIDDAY, toFake: ['Date'] }))
  afterEach(() => vi.useRealTimers())

  it('counts requests by the minute and by the user', async () => {
    const { handle, service } = relayOf({ limits: { requestsPerMinute: 2 } })
    vi.setSystemTime(MIDDAY + 50_000)
    for (const expected of [200, 200, 429, 429]) expect((await handle(visit())).status).toBe(expected)
    expect((await handle(visit(question, { user: 'bob' }))).status).toBe(200)
    const refused = await handle(visit())
    expect(refused.headers.get('retry-after')).toBe('10')
    expect(await errorOf(refused)).toMatchObject({ code: 'too_many_requests', type: 'rate_limit_error' })
    vi.setSystemTime(MIDDAY + 60_000)
    expect((await handle(visit())).status).toBe(200)
    expect(service.requests).toHaveLength(4)
  })

  it('reserves what a request may cost, and settles what it did', async () => {
    const sums: number[] = []
    const store = memoryQuota()
    const quota: RelayQuota = {
      ...store,
      async add(key, amount, ttl) {
        const sum = await store.add(key, amount, ttl)
        sums.push(sum)
        return sum
      },
    }
    const bytes = JSON.stringify(question).length
    const { handle } = relayOf({ quota, limits: { tokensPerDay: 1000, maxTokens: 500 } })
    const { usage } = await (await handle(visit())).json()
    expect(sums).toEqual([Math.ceil(bytes / 3) + 500, usage.total_tokens])
  })

  it.each([
    [{ prompt_tokens: '5', completion_tokens: '3' }, 8],
    [{ prompt_tokens: 5, completion_tokens: 3, total_tokens: 0 }, 8],
    [{ input_tokens: 5, output_tokens: 3, total_tokens: null }, 8],
    // Redis counts in whole numbers.
    [{ total_tokens: 7.5 }, 8],
    [{ total_tokens: 1e300 }, undefined],
    [{ total_tokens: -1 }, undefined],
  ])('reads the counts %j as %s tokens', async (usage, tokens) => {
    const onUse = vi.fn()
    const answer = JSON.stringify({ choices: [{ message: { content: 'Hi' } }], usage })
    const fetch = async () => new Response(answer, { headers: { 'content-type': 'application/json' } })
    const { handle } = relayOf({ fetch, onUse })
    await (await handle(visit())).text()
    const guess = [JSON.stringify(question), answer].reduce(
      (sum, text) => sum + Math.ceil(text.length / 3),
      0,
    )
    expect(onUse.mock.calls[0]![0]).toMatchObject({ tokens: tokens ?? guess, estimated: !tokens })
  })

  it('charges for the time of an answer that is left before it is told', async () => {
    const clock = vi.spyOn(performance, 'now')
    const uses: RelayUse[] = []
    const { handle } = relayOf({
      limits: { maxTokens: 500 },
      onUse: use => uses.push(use),
      fetch: (_, { signal }) =>
        new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason))),
    })
    const asked = Math.ceil(JSON.stringify(question).length / 3)
    for (const ms of [1200, 60_000]) {
      const visitor = new AbortController()
      clock.mockReturnValueOnce(0).mockReturnValue(ms)
      const answer = handle(visit(question, { signal: visitor.signal }))
      await new Promise(resolve => setTimeout(resolve))
      visitor.abort()
      await answer
    }
    clock.mockRestore()
    expect(uses.map(({ tokens, outcome }) => [tokens - asked, outcome])).toEqual([
      [120, 'left'],
      [500, 'left'],
    ])
  })

  it('charges for the time of an answer that is stopped before it is told', async () => {
    let now = 0
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now)
    const uses: RelayUse[] = []
    const { handle, service } = relayOf(
      { limits: { maxTokens: 500 }, streams: memoryStreams(), onUse: use => uses.push(use) },
      { faults: { stall: 'first' } },
    )
    const headers = { 'idempotency-key': 'k' }
    const asked = { ...question, stream: true }
    const reading = handle(visit(asked, { headers })).then(response => response.text())
    await until(() => service.requests.length === 1)
    now = 1200
    await handle(visit(undefined, { method: 'DELETE', headers }))
    expect(await reading).toContain('"code":"stopped"')
    await until(() => uses.length === 1)
    clock.mockRestore()
    expect(uses).toMatchObject([
      { outcome: 'stopped', tokens: 120 + Math.ceil(JSON.stringify(asked).length / 3) },
    ])
  })

  it('counts no tokens of a request that the service refused', async () => {
    const { handle } = relayOf({ limits: { tokensPerDay: 600, maxTokens: 500 } }, { faults: { status: 503 } })
    for (let i = 0; i < 5; i++) expect((await handle(visit())).status).toBe(503)
  })

  it('is used up until midnight, and says so', async () => {
    const { handle } = relayOf({ limits: { tokensPerDay: 550, maxTokens: 500 } })
    const statuses: number[] = []
    for (let i = 0; i < 12; i++) statuses.push((await handle(visit())).status)
    expect([statuses[0], statuses.at(-1)]).toEqual([200, 429])
    const refused = await handle(visit())
    expect(refused.headers.get('retry-after')).toBe(`${12 * 3600}`)
    expect(refused.headers.get('x-should-retry')).toBe('false')
    const error = await failureOf(createChatCompletion(pageClient(handle), question as never))
    expect(error).toBeInstanceOf(RateLimitError)
    expect(error).toMatchObject({ code: 'tokens_used_up', retryAfter: 12 * 3_600_000, retryable: false })
    expect((await handle(visit(question, { user: 'bob' }))).status).toBe(200)
    vi.setSystemTime(MIDDAY + 12 * 3_600_000)
    expect((await handle(visit())).status).toBe(200)
  })

  it('is not lessened by a request that it refuses', async () => {
    const limits = { tokensPerDay: 300, requestsPerMinute: 2, maxTokens: 1000 }
    const { handle } = relayOf({ limits })
    const ask = async (max_tokens: number) => (await handle(visit({ ...question, max_tokens }))).status
    expect([await ask(500), await ask(500), await ask(500)]).toEqual([429, 429, 429])
    expect([await ask(5), await ask(5)]).toEqual([200, 200])
    expect(await errorOf(await handle(visit({ ...question, max_tokens: 5 })))).toMatchObject({
      code: 'too_many_requests',
    })
  })

  it('does not call tokens used up that nobody has used', async () => {
    const { handle, service } = relayOf({ limits: { tokensPerDay: 400, maxTokens: 500 } })
    const error = await failureOf(createChatCompletion(pageClient(handle), question as never))
    expect(error).toMatchObject({ code: 'tokens_used_up', status: 429 })
    expect((error as Error).message).toContain('Too few of the 400 tokens of this day are left')
    expect(service.requests).toEqual([])
  })

  it('is not passed by two requests at once', async () => {
    const { handle, service } = relayOf(
      { limits: { tokensPerDay: 1200, maxTokens: 500 } },
      { faults: { delay: 50 } },
    )
    const statuses = await Promise.all(Array.from({ length: 10 }, async () => (await handle(visit())).status))
    expect(statuses.filter(status => status === 200)).toHaveLength(2)
    expect(service.requests).toHaveLength(2)
  })

  it('bounds how many are answered at once; a place comes back however an answer ends', async () => {
    const { handle, service } = relayOf({ limits: { concurrent: 2 } }, { chunkDelay: 5 })
    const ask = () => handle(visit({ ...question, stream: true }))
    const [first, second] = [await ask(), await ask()]
    expect(await errorOf(await ask())).toMatchObject({ status: 429, code: 'too_many_at_once' })
    await first.body!.cancel()
    await until(() => service.requests[0]!.aborted)
    const third = await ask()
    expect(third.status).toBe(200)
    await second.text()
    await third.text()
    const bad = relayOf(
      { limits: { concurrent: 1 } },
      { faults: [{ status: 500 }, { reset: 'headers' }, { reset: 2 }] },
    )
    for (const status of [500, 502, 200, 200]) {
      const response = await bad.handle(visit({ ...question, stream: true }))
      expect(response.status).toBe(status)
      await response.text()
    }
  })

  it('cuts a stream that takes more than was reserved, where that is asked for', async () => {
    const model = { reply: () => 'word '.repeat(100) }
    const fetchAll = async (hard: boolean) => {
      const { handle, service } = relayOf({ limits: { hard, maxTokens: 20 } }, model)
      const ignoring = relayOf({
        limits: { hard, maxTokens: 20 },
        fetch: (url, init) =>
          service(url, {
            ...init,
            body: JSON.stringify({ ...JSON.parse(init.body as string), max_tokens: 200 }),
          }),
      })
      expect(handle).not.toBe(ignoring.handle)
      return (await ignoring.handle(visit({ ...question, stream: true }))).text()
    }
    expect(await fetchAll(false)).toContain('[DONE]')
    const cut = await fetchAll(true)
    expect(cut).not.toContain('[DONE]')
    expect(cut).toContain('"code":"tokens_used_up"')
  })

  it('is held where its store fails', async () => {
    const quota = { ...memoryQuota(), add: () => Promise.reject(new Error('redis is down')) }
    const { handle, service, errors } = relayOf({ quota, limits: { requestsPerMinute: 5, concurrent: 1 } })
    for (let i = 0; i < 2; i++) expect((await handle(visit())).status).toBe(500)
    expect([service.requests.length, errors.length]).toEqual([0, 2])
  })
})

describe('a relay without a quota', () => {
  const options = { baseUrl: BASE, authorize, models: ['fake-small'] }

  it.each(['requestsPerMinute', 'tokensPerDay', 'concurrent'])('does not begin with %s', async name => {
    expect(() => relay({ ...options, limits: { [name]: 5 } })).toThrow(ConfigurationError)
    const { handle, service, errors } = relayOf({ quota: undefined, limits: () => ({ [name]: 5 }) })
    expect((await handle(visit())).status).toBe(500)
    expect([service.requests.length, errors]).toEqual([0, [expect.any(ConfigurationError)]])
  })

  it('needs none for what one request alone may have', async () => {
    const { handle } = relayOf({ quota: undefined, limits: { maxTokens: 5, n: 2 } })
    expect((await handle(visit())).status).toBe(200)
    expect(await (await handle(visit({ ...question, stream: true }))).text()).toContain('[DONE]')
  })

  it('takes a store of its own', async () => {
    const { add, hold, release } = memoryQuota()
    const { handle } = relayOf({
      quota: quotaStore({ add, hold, release }),
      limits: { requestsPerMinute: 1 },
    })
    expect([(await handle(visit())).status, (await handle(visit())).status]).toEqual([200, 429])
  })
})

describe('a quota in memory', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('forgets a counter at its time', async () => {
    const quota = memoryQuota()
    expect(await quota.add('a', 5, 1000)).toBe(5)
    vi.advanceTimersByTime(900)
    expect(await quota.add('a', 5, 1000)).toBe(10)
    vi.advanceTimersByTime(100)
    expect(await quota.add('a', 1, 1000)).toBe(1)
  })

  it('gives a place back that nobody renewed', async () => {
    const quota = memoryQuota()
    expect(await quota.hold('a', '1', 1, 1000)).toBe(true)
    vi.advanceTimersByTime(900)
    expect(await quota.hold('a', '1', 1, 1000)).toBe(true)
    expect(await quota.hold('a', '2', 1, 1000)).toBe(false)
    vi.advanceTimersByTime(1000)
    expect(await quota.hold('a', '2', 1, 1000)).toBe(true)
    await quota.release('a', '2')
    expect(await quota.hold('a', '3', 1, 1000)).toBe(true)
    await quota.release('b', '2')
  })

  it('takes no place from who holds it where the clock is put forward', async () => {
    const quota = memoryQuota()
    await quota.hold('a', '1', 1, 30_000)
    vi.setSystemTime(Date.now() + 3_600_000)
    expect(await quota.hold('a', '2', 1, 30_000)).toBe(false)
  })
})
