import { describe, expect, it, vi } from 'vitest'
import {
  type CallReport,
  ConfigurationError,
  cache,
  type Fetch,
  LLMClient,
  type LLMClientConfig,
  type Logger,
  log,
  metrics,
} from '../../src/index.ts'
import { interceptors } from '../../src/interceptors/index.ts'
import { createFakeFetch } from '../../src/testing/index.ts'
import { BASE, chatRequest, failureOf, KEY } from '../client/harness.ts'

function clientOf(fetch: Fetch, config: LLMClientConfig = {}): LLMClient {
  const retry = { maxRetries: 2, initialDelay: 0 }
  return new LLMClient({ baseUrl: BASE, apiKey: () => KEY, retry, ...config, fetch })
}

function recorder(): { lines: string[]; logger: Logger } {
  const lines: string[] = []
  const write = (line: string) => lines.push(line)
  return { lines, logger: { debug: write, info: write, warn: write, error: write } }
}

describe('logging', () => {
  it('is off by default', async () => {
    const methods = ['debug', 'info', 'warn', 'error', 'log'] as const
    const spies = methods.map(name => vi.spyOn(console, name).mockImplementation(() => {}))
    try {
      await clientOf(createFakeFetch()).models.list()
      await failureOf(clientOf(createFakeFetch({ faults: { status: 404 } })).models.list())
      for (const spy of spies) expect(spy).not.toHaveBeenCalled()
    } finally {
      for (const spy of spies) spy.mockRestore()
    }
  })

  it('is switched on by its policy, one line a call, attempts counted', async () => {
    const { lines, logger } = recorder()
    const client = clientOf(createFakeFetch({ faults: [{ status: 503 }] }), { log: log({ logger }) })
    await client.chat.completions.create(chatRequest)
    expect(lines).toEqual([expect.stringContaining('outcome=complete status=200 attempts=2')])
  })

  it('goes to the console, from a level on', async () => {
    const info = vi.spyOn(console, 'info').mockImplementation(() => {})
    try {
      await clientOf(createFakeFetch(), { log: log({ level: 'info' }) }).models.list()
      expect(info).toHaveBeenCalledOnce()
      await clientOf(createFakeFetch(), { log: log({ level: 'error' }) }).models.list()
      expect(info).toHaveBeenCalledOnce()
    } finally {
      info.mockRestore()
    }
  })

  it('refuses a level that is none', async () => {
    expect(await failureOf(() => log({ level: 'loud' as never }))).toBeInstanceOf(ConfigurationError)
  })

  it('tells of a stream that the client closes', async () => {
    const { lines, logger } = recorder()
    const client = clientOf(createFakeFetch({ faults: { stall: 2 } }), { log: log({ logger }) })
    const failing = failureOf(async () => {
      for await (const _ of client.chat.completions.stream(chatRequest)) client.close()
    })
    expect((await failing).code).toBe('CLIENT_CLOSED')
    expect(lines).toEqual([expect.stringContaining('outcome=cancelled')])
  })
})

describe('metrics', () => {
  it('are refused where they are not switched on', async () => {
    const error = await failureOf(() => clientOf(createFakeFetch()).metrics())
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error.message).toContain('metrics: metrics()')
  })

  it('count what a client does', async () => {
    const client = clientOf(createFakeFetch({ faults: [{ status: 503 }, {}, { status: 401 }] }), {
      metrics: metrics(),
    })
    const { usage } = await client.chat.completions.create(chatRequest)
    await failureOf(client.models.list())
    await client.chat.completions.stream(chatRequest).collect()
    const { calls, errors, retries, tokens, events, rateLimits } = client.metrics()
    expect(calls).toEqual({ complete: 2, failed: 1, cancelled: 0, inFlight: 0 })
    expect([errors, retries]).toEqual([{ AuthenticationError: 1 }, 1])
    expect(tokens).toEqual({ prompt: usage!.promptTokens, completion: usage!.completionTokens })
    expect(events).toBeGreaterThan(2)
    expect(rateLimits.requests?.remaining).toBeGreaterThan(0)
  })

  it('go to a sink as well', async () => {
    const reports: CallReport[] = []
    const client = clientOf(createFakeFetch(), {
      metrics: metrics({ sink: report => reports.push(report) }),
    })
    await client.models.list()
    expect(reports).toMatchObject([{ operation: 'listModels', outcome: 'complete', attempts: 1 }])
    expect(client.metrics().calls.complete).toBe(1)
  })
})

describe('hooks', () => {
  function recording() {
    const seen: unknown[] = []
    const hooks = interceptors({
      onRequest: ({ options }) => void seen.push(options.headers.get('authorization')),
      onRequestError: ({ error }) => void seen.push(error.name),
      onResponse: [({ response }) => void seen.push(response.status)],
      onResponseError: ({ response }) => void seen.push(`no: ${response.status}`),
    })
    return { seen, hooks }
  }

  it('see a call once, as ofetch has them', async () => {
    const { seen, hooks } = recording()
    const fetch = createFakeFetch({ faults: [{ status: 503 }, { reset: 'headers' }, {}, { status: 404 }] })
    const client = clientOf(fetch, { interceptors: hooks })
    await client.models.list()
    await failureOf(client.models.list())
    expect(seen).toEqual(['[redacted]', 200, '[redacted]', 404, 'no: 404'])
    expect(fetch.requests.at(-1)!.headers.authorization).toBe(`Bearer ${KEY}`)
  })

  it('see each attempt around the fetch', async () => {
    const { seen, hooks } = recording()
    const fetch = createFakeFetch({ faults: [{ status: 503 }, { status: 429 }] })
    await clientOf(hooks(fetch)).models.list()
    const hidden = '[redacted]'
    expect(seen).toEqual([hidden, 503, 'no: 503', hidden, 429, 'no: 429', hidden, 200])
    expect(fetch.requests.at(-1)!.headers.authorization).toBe(`Bearer ${KEY}`)
  })

  it('that change a request change what the cache answers', async () => {
    let tenant = 'a'
    const fetch = createFakeFetch()
    const client = clientOf(fetch, {
      cache: cache(),
      interceptors: interceptors({
        onRequest: ({ options }) => options.headers.set('x-tenant', tenant),
      }),
    })
    for (tenant of ['a', 'b', 'a']) await client.models.list()
    expect(fetch.requests.map(({ headers }) => headers['x-tenant'])).toEqual(['a', 'b'])
  })
})

it('has each policy in its place', async () => {
  const order: string[] = []
  const { lines, logger } = recorder()
  const fetch = createFakeFetch({ faults: [{ status: 503 }] })
  const client = clientOf(fetch, {
    log: log({ logger: { ...logger, warn: () => order.push('log') } }),
    metrics: metrics({ sink: () => order.push('metrics') }),
    policies: [
      next => async (url, init) => {
        order.push('own begins')
        const response = await next(url, init)
        order.push('own ends')
        return response
      },
    ],
    interceptors: interceptors({ onRequest: () => void order.push('hook') }),
  })
  await client.models.list()
  expect(order).toEqual(['own begins', 'hook', 'own ends', 'metrics', 'log'])
  expect(lines).toEqual([])
})
