import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type CallReport,
  cache,
  circuitBreaker,
  collectText,
  createChatCompletion,
  createEmbedding,
  type Fetch,
  finalCompletion,
  type MetricsSnapshot,
  metrics,
  type Policy,
  retry,
  streamChatCompletion,
} from '../../src/index.ts'
import { createFakeFetch, type FakeModelOptions } from '../../src/testing/index.ts'
import { BASE, chatRequest, clientOf, completion, deferred, failureOf, json } from '../client/harness.ts'
import { policyContract } from './contract.ts'

policyContract('metrics', () => metrics())
policyContract('metrics with a sink', () => metrics({ sink() {} }))

/** A client whose calls are measured. */
function measured(model: FakeModelOptions | Fetch = {}, inner: readonly Policy[] = []) {
  const reports: CallReport[] = []
  const policy = metrics({ sink: report => reports.push(report) })
  const fetch = typeof model === 'function' ? model : createFakeFetch(model)
  return { client: clientOf(fetch, { policies: [policy, ...inner] }), policy, reports }
}

const quick = retry({ maxRetries: 2, initialDelay: 0 })

describe('metrics on Cloudflare Workers', () => {
  beforeEach(() => {
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' })
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })

  it('count no call as in flight whose visitor has gone, and every one that lives', async () => {
    const { client, policy } = measured(() => new Promise(() => {}))
    const timer = vi.spyOn(globalThis, 'setInterval').mockImplementation((() => 0) as never)
    createChatCompletion(client, chatRequest).catch(() => {})
    await vi.advanceTimersByTimeAsync(0)
    timer.mockRestore()
    createChatCompletion(client, chatRequest).catch(() => {})
    await vi.advanceTimersByTimeAsync(2000)
    expect(policy.snapshot().calls.inFlight).toBe(2)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(policy.snapshot().calls.inFlight).toBe(1)
  })
})

describe('metrics', () => {
  it('begins with nothing', () => {
    const none = { count: 0 }
    expect(metrics().snapshot()).toMatchObject({
      calls: { complete: 0, failed: 0, cancelled: 0, inFlight: 0 },
      errors: {},
      retries: 0,
      tokens: { prompt: 0, completion: 0 },
      events: 0,
      latency: none,
      firstEvent: none,
      eventsPerSecond: none,
      rateLimits: {},
    })
  })

  it('counts calls and tokens', async () => {
    const { client, policy } = measured()
    const { usage } = await createChatCompletion(client, chatRequest)
    const { usage: counted } = await createEmbedding(client, { model: 'fake-embed', input: 'words' })
    const { calls, tokens, latency, firstEvent, events } = policy.snapshot()
    expect(calls).toEqual({ complete: 2, failed: 0, cancelled: 0, inFlight: 0 })
    expect(tokens.prompt).toBe(usage!.promptTokens + counted!.promptTokens)
    expect(tokens.completion).toBe(usage!.completionTokens)
    expect([latency.count, firstEvent.count, events]).toEqual([2, 0, 0])
  })

  it('counts the tokens of an answer once, however often the cache gives it', async () => {
    const policy = metrics()
    const client = clientOf(createFakeFetch(), { policies: [policy, cache()] })
    const request = { ...chatRequest, model: 'fake-small' }
    const { usage } = await createChatCompletion(client, request)
    for (let call = 0; call < 3; call++) await createChatCompletion(client, request)
    const { calls, tokens } = policy.snapshot()
    expect(calls.complete).toBe(4)
    expect(tokens).toEqual({ prompt: usage!.promptTokens, completion: usage!.completionTokens })
  })

  it('counts a Request that its own signal ended as cancelled, and a breaker not at all', async () => {
    const policy = metrics()
    const breaker = circuitBreaker({ failureThreshold: 1 })
    const controller = new AbortController()
    const request = new Request(BASE, { signal: controller.signal })
    const fetch = policy(
      breaker(
        () =>
          new Promise((_, reject) => {
            request.signal.addEventListener('abort', () => reject(request.signal.reason))
          }),
      ),
    )
    const failing = failureOf(fetch(request))
    controller.abort()
    await failing
    expect([policy.snapshot().calls.cancelled, breaker.state()]).toEqual([1, 'closed'])
  })

  it('counts a stream in flight until it ends', async () => {
    const { client, policy, reports } = measured()
    const stream = streamChatCompletion(client, { ...chatRequest, streamOptions: { includeUsage: true } })
    await stream.response
    expect(policy.snapshot().calls).toEqual({ complete: 0, failed: 0, cancelled: 0, inFlight: 1 })
    expect(reports).toEqual([])
    const { usage } = await finalCompletion(stream)
    const { calls, tokens, latency, firstEvent, events } = policy.snapshot()
    expect(calls).toEqual({ complete: 1, failed: 0, cancelled: 0, inFlight: 0 })
    expect(tokens).toEqual({ prompt: usage!.promptTokens, completion: usage!.completionTokens })
    expect([latency.count, firstEvent.count, events]).toEqual([1, 1, reports[0]!.events])
  })

  it('counts errors by class, and retries apart', async () => {
    const { client, policy } = measured(
      { faults: [{ status: 503 }, {}, { status: 401 }, { status: 404 }, { status: 404 }, { cut: 2 }] },
      [quick],
    )
    await createChatCompletion(client, chatRequest)
    for (let i = 0; i < 3; i++) await failureOf(createChatCompletion(client, chatRequest))
    await failureOf(collectText(streamChatCompletion(client, chatRequest)))
    const { calls, errors, retries } = policy.snapshot()
    expect(calls).toEqual({ complete: 1, failed: 4, cancelled: 0, inFlight: 0 })
    expect(errors).toEqual({ AuthenticationError: 1, NotFoundError: 2, IncompleteStreamError: 1 })
    expect(retries).toBe(1)
  })

  it('measures each attempt inside retry', async () => {
    const policy = metrics()
    const fetch = createFakeFetch({ faults: [{ status: 503 }] })
    await createChatCompletion(clientOf(fetch, { policies: [quick, policy] }), chatRequest)
    const { calls, errors, retries } = policy.snapshot()
    expect([calls.complete, calls.failed, errors, retries]).toEqual([1, 1, { ServerError: 1 }, 0])
  })

  it('tells what the caller ended from what failed', async () => {
    const { client, policy } = measured()
    for await (const _ of streamChatCompletion(client, chatRequest)) break
    const controller = new AbortController()
    const call = failureOf(createChatCompletion(client, chatRequest, controller))
    controller.abort()
    await call
    expect(policy.snapshot()).toMatchObject({
      calls: { complete: 0, failed: 0, cancelled: 2, inFlight: 0 },
      errors: {},
      latency: { count: 0 },
    })
  })

  it('keeps the latest limits, those of an error too', async () => {
    const remaining = (count: string) => ({ 'x-ratelimit-remaining-requests': count })
    const answers = [
      json(completion, { headers: remaining('9') }),
      json({ error: {} }, { status: 429, headers: remaining('0') }),
      json(completion),
    ]
    const { client, policy } = measured(async () => answers.shift()!)
    await createChatCompletion(client, chatRequest)
    expect(policy.snapshot().rateLimits).toEqual({ requests: { remaining: 9 } })
    await failureOf(createChatCompletion(client, chatRequest))
    await createChatCompletion(client, chatRequest)
    expect(policy.snapshot().rateLimits).toEqual({ requests: { remaining: 0 } })
  })

  it('gives the sink a report of each call', async () => {
    const { client, reports } = measured({ faults: [{}, { status: 404 }] })
    await createChatCompletion(client, chatRequest)
    await failureOf(createChatCompletion(client, chatRequest))
    const about = { operation: 'createChatCompletion', model: 'fake-small', attempts: 1 }
    expect(reports).toMatchObject([
      { ...about, outcome: 'complete', status: 200, requestId: expect.any(String) },
      { ...about, outcome: 'failed', status: 404, error: 'NotFoundError', code: 'not_found' },
    ])
  })

  it('survives a sink that throws or rejects', async () => {
    const sinks = [
      () => {
        throw new Error('full disk')
      },
      () => Promise.reject(new Error('full disk')),
    ]
    for (const sink of sinks) {
      const policy = metrics({ sink })
      const client = clientOf(createFakeFetch(), { policies: [policy] })
      await createChatCompletion(client, chatRequest)
      await collectText(streamChatCompletion(client, chatRequest))
      expect(policy.snapshot().calls.complete).toBe(2)
    }
  })

  it('hands out a snapshot that does not change', async () => {
    const { client, policy } = measured()
    const before: MetricsSnapshot = policy.snapshot()
    const text = JSON.stringify(before)
    await createChatCompletion(client, chatRequest)
    expect(JSON.stringify(before)).toBe(text)
  })
})

describe('times', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('are those of the call: whole, to the first event, and between events', async () => {
    const events = ['a', 'b', 'c'].map(content => ({ choices: [{ index: 0, delta: { content } }] }))
    const last = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }
    const encoder = new TextEncoder()
    const source: UnderlyingDefaultSource<Uint8Array> = {
      async start(controller) {
        for (const event of [...events, last]) {
          await new Promise(resolve => setTimeout(resolve, 100))
          controller.enqueue(encoder.encode(`data: ${JSON.stringify(event)}\n\n`))
        }
        controller.close()
      },
    }
    const { client, policy, reports } = measured(async () => {
      await new Promise(resolve => setTimeout(resolve, 400))
      return new Response(new ReadableStream(source))
    })
    const text = collectText(streamChatCompletion(client, chatRequest))
    await vi.advanceTimersByTimeAsync(2000)
    expect(await text).toBe('abc')
    expect(reports[0]).toMatchObject({ ms: 800, firstEventMs: 500, events: 4 })
    const { latency, firstEvent, eventsPerSecond } = policy.snapshot()
    expect([latency.max, firstEvent.max, eventsPerSecond.max]).toEqual([800, 500, 10])
  })

  it('count retries and their waits', async () => {
    const inner = retry({ initialDelay: 1000, jitter: false })
    const { client, policy } = measured({ faults: [{ status: 503 }] }, [inner])
    const call = createChatCompletion(client, chatRequest)
    await vi.advanceTimersByTimeAsync(5000)
    await call
    expect(policy.snapshot().latency.max).toBe(1000)
  })
})

describe("metrics around another client's fetch", () => {
  it('counts ends and times', async () => {
    const policy = metrics()
    const started = deferred()
    const answers = [
      async () => {
        await started.promise
        return new Response('hello')
      },
      async () => new Response('no', { status: 500 }),
      () => Promise.reject(new TypeError('fetch failed')),
    ]
    const fetch = policy(() => answers.shift()!())
    const first = fetch(BASE, {})
    expect(policy.snapshot().calls.inFlight).toBe(1)
    started.resolve()
    const response = await first
    expect(policy.snapshot().calls).toMatchObject({ inFlight: 1, complete: 0 })
    await response.text()
    await (await fetch(BASE, {})).text()
    await failureOf(fetch(BASE, {}))
    const { calls, errors } = policy.snapshot()
    expect(calls).toEqual({ complete: 1, failed: 2, cancelled: 0, inFlight: 0 })
    expect(errors).toEqual({ 'HTTP 500': 1, Error: 1 })
  })
})
