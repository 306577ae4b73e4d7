import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import {
  ConfigurationError,
  type Fetch,
  LLMClient,
  type LLMClientConfig,
  LLMError,
  ValidationError,
} from '../../src/index.ts'
import { createClosing } from '../../src/llm-client/closing.ts'
import { createFakeFetch } from '../../src/testing/index.ts'
import { BASE, chatRequest, completion, counted, failureOf, json, KEY } from '../client/harness.ts'
import { policyContract } from '../policies/contract.ts'

policyContract('createClosing', () => createClosing().policy)

function clientOf(fetch: Fetch, config: LLMClientConfig = {}): LLMClient {
  return new LLMClient({ baseUrl: BASE, apiKey: () => KEY, ...config, fetch })
}

const hangs: Fetch = (_, { signal }) =>
  new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)))

describe('LLMClient', () => {
  it('asks a real server, in every way that it has', async () => {
    const client = new LLMClient({ baseUrl: inject('fakeServer') })
    const { choices } = await client.chat.completions.create(chatRequest)
    const text = choices[0].message.content
    expect(text).toMatch(/\w/)
    expect(await client.chat.completions.stream(chatRequest).collect()).toBe(text)
    const builder = client.chat.completions.builder().model('fake-small').user('Say hello to Ada')
    expect((await builder.execute()).choices[0].message.content).toBe(text)
    const named = client.chat.completions.model('fake-small').user('Say hello to Ada')
    expect(await named.stream().collect()).toBe(text)
    const { data } = await client.embeddings.create({ model: 'fake-embed', input: ['a', 'b'] })
    expect(data).toHaveLength(2)
    expect((await client.models.list()).data.map(({ id }) => id)).toContain('fake-small')
    expect((await client.models.get('fake-small')).id).toBe('fake-small')
  })

  it('passes the options of a call on', async () => {
    const fetch = createFakeFetch()
    const client = clientOf(fetch)
    const options = { headers: { 'x-a': '1' } }
    await client.chat.completions.create(chatRequest, options)
    await client.chat.completions.stream(chatRequest, { ...options, keepChunks: true }).collect()
    await client.embeddings.create({ model: 'fake-embed', input: 'a' }, options)
    await client.models.list(options)
    await client.models.get('fake-small', options)
    expect(fetch.requests.map(({ headers }) => headers['x-a'])).toEqual(['1', '1', '1', '1', '1'])
  })

  it('gives the response around an answer', async () => {
    const { status, attempts } = await clientOf(createFakeFetch()).models.list().withResponse()
    expect({ status, attempts }).toEqual({ status: 200, attempts: 1 })
  })

  it('checks requests, unless it is told not to', async () => {
    const fetch = vi.fn<Fetch>(async () => json(completion))
    const bad = { ...chatRequest, temperature: 3 }
    expect(await failureOf(clientOf(fetch).chat.completions.create(bad))).toBeInstanceOf(ValidationError)
    expect(await failureOf(clientOf(fetch).embeddings.create({ model: 'm', input: '' }))).toBeInstanceOf(
      ValidationError,
    )
    expect(await failureOf(clientOf(fetch).chat.completions.stream(bad).collect())).toBeInstanceOf(
      ValidationError,
    )
    expect(fetch).not.toHaveBeenCalled()
    await clientOf(fetch, { validate: false }).chat.completions.create(bad)
    expect(fetch).toHaveBeenCalledOnce()
  })

  it('does not show its key', () => {
    const client = new LLMClient({
      baseUrl: BASE,
      apiKey: KEY,
      allowBrowserKey: true,
      headers: { 'x-api-key': KEY },
    })
    expect(JSON.stringify(client)).not.toContain(KEY)
    expect(JSON.stringify(Object.entries(client))).not.toContain(KEY)
  })

  it('takes an accessToken where there is no apiKey', async () => {
    const fetch = createFakeFetch()
    await new LLMClient({ baseUrl: BASE, accessToken: async () => 'token', fetch }).models.list()
    await new LLMClient({
      baseUrl: BASE,
      accessToken: () => 'token',
      apiKey: () => 'key',
      fetch,
    }).models.list()
    expect(fetch.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer token', 'Bearer key'])
  })

  it('puts policies of your own around its own', async () => {
    const seen: string[] = []
    const fetch = createFakeFetch({ faults: [{ status: 503, headers: { 'retry-after': '0' } }] })
    const client = clientOf(fetch, {
      policies: [
        next => async (url, init) => {
          seen.push(url)
          return next(url, init)
        },
      ],
    })
    await client.models.list()
    expect([seen.length, fetch.requests.length]).toEqual([1, 2])
  })

  it.each([
    { baseUrl: 'nonsense' },
    { apiKey: '' },
    { timeout: -1 },
    { timeout: { idle: Number.NaN } },
    { retry: { maxRetries: 11 } },
    { maxConcurrentRequests: 0 },
    { circuitBreaker: { failureThreshold: 0 } },
  ])('refuses the setting %j', async config => {
    expect(await failureOf(() => new LLMClient(config))).toBeInstanceOf(ConfigurationError)
  })
})

describe('what is switched on', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** How a call ends, and when. */
  async function ended(client: LLMClient, options = {}): Promise<[after: number, phase: unknown]> {
    const started = performance.now()
    const work = client.chat.completions.create(chatRequest, options).then(
      () => [performance.now() - started, 'fine'] as [number, unknown],
      error => [performance.now() - started, error.phase ?? error.status] as [number, unknown],
    )
    await vi.advanceTimersByTimeAsync(1_000_000)
    return work
  }

  it('three retries', async () => {
    const fetch = createFakeFetch({ faults: [{ status: 503 }, { reset: 'headers' }, { status: 429 }] })
    expect((await ended(clientOf(fetch)))[1]).toBe('fine')
    expect(fetch.requests).toHaveLength(4)
    const down = createFakeFetch({ faults: () => ({ status: 503 }) })
    expect((await ended(clientOf(down)))[1]).toBe(503)
    expect(down.requests).toHaveLength(4)
  })

  it('or none', async () => {
    const down = createFakeFetch({ faults: () => ({ status: 503 }) })
    await ended(clientOf(down, { retry: false }))
    await ended(clientOf(down, { retry: { maxRetries: 0 } }))
    await ended(clientOf(down), { maxRetries: 0 })
    expect(down.requests).toHaveLength(3)
  })

  it('a timeout of a minute for each attempt', async () => {
    expect(await ended(clientOf(hangs), { maxRetries: 0 })).toEqual([60_000, 'headers'])
    const [after, phase] = await ended(clientOf(hangs, { retry: { jitter: false, maxRetries: 1 } }))
    expect([after, phase]).toEqual([121_000, 'headers'])
  })

  it("a call's own timeout for each attempt, longer or shorter", async () => {
    const client = clientOf(hangs, { retry: { jitter: false, maxRetries: 1 } })
    expect(await ended(client, { timeout: 100 })).toEqual([1200, 'headers'])
    expect(await ended(client, { timeout: 100_000 })).toEqual([201_000, 'headers'])
    expect(await ended(client, { timeout: { total: 5000 } })).toEqual([5000, 'total'])
    const none = clientOf(hangs, { retry: false, timeout: { total: 0, headers: 50 } })
    expect(await ended(none, { timeout: { headers: 500 } })).toEqual([500, 'headers'])
  })

  it('one deadline over all attempts, where it is asked for', async () => {
    const config = { timeout: { headers: 1000, total: 2500 }, retry: { jitter: false } }
    expect(await ended(clientOf(hangs, config))).toEqual([2500, 'total'])
  })

  it('no timeout, where it is 0', async () => {
    const slow: Fetch = async () => {
      await new Promise(resolve => setTimeout(resolve, 900_000))
      return json(completion)
    }
    const none = { headers: 0, firstEvent: 0, idle: 0, total: 0 }
    expect(await ended(clientOf(slow, { timeout: none }))).toEqual([900_000, 'fine'])
  })

  it('an end after ten minutes, whatever the limits of each attempt are', async () => {
    for (const timeout of [0, { idle: 0, headers: 700_000 }])
      expect(await ended(clientOf(hangs, { timeout }))).toEqual([600_000, 'total'])
  })

  it('at most a hundred requests at once', async () => {
    let open = 0
    let most = 0
    const fetch: Fetch = async () => {
      most = Math.max(most, ++open)
      await new Promise(resolve => setTimeout(resolve, 10))
      open--
      return json({ object: 'list', data: [] })
    }
    const client = clientOf(fetch)
    const calls = Promise.all(Array.from({ length: 250 }, () => client.models.list()))
    await vi.advanceTimersByTimeAsync(1000)
    await calls
    expect(most).toBe(100)
  })
})

describe('close', () => {
  it('ends what is in flight, and refuses what comes after', async () => {
    const fetch = vi.fn<Fetch>(hangs)
    const client = clientOf(fetch)
    const failing = [
      failureOf(client.models.list()),
      failureOf(client.chat.completions.stream(chatRequest).collect()),
    ]
    await vi.waitFor(() => expect(fetch).toHaveBeenCalledTimes(2))
    client.close()
    for (const error of [...(await Promise.all(failing)), await failureOf(client.models.list())]) {
      expect(error).toBeInstanceOf(LLMError)
      expect(error.code).toBe('CLIENT_CLOSED')
    }
    client.close()
    expect(fetch).toHaveBeenCalledTimes(2)
  })

  it('ends a stream in its middle', async () => {
    const fetch = createFakeFetch({ faults: { stall: 2 } })
    const client = clientOf(fetch)
    const failing = failureOf(async () => {
      let count = 0
      for await (const _ of client.chat.completions.stream(chatRequest)) if (++count === 2) client.close()
    })
    expect((await failing).code).toBe('CLIENT_CLOSED')
    await vi.waitFor(() => expect(fetch.requests[0]!.aborted).toBe(true))
  })

  it('ends a wait between two attempts', async () => {
    const fetch = vi.fn<Fetch>(async () => json({}, { status: 503, headers: { 'retry-after': '50' } }))
    const client = clientOf(fetch)
    const failing = failureOf(client.models.list())
    await vi.waitFor(() => expect(fetch).toHaveBeenCalledOnce())
    await new Promise(resolve => setTimeout(resolve, 5))
    client.close()
    expect((await failing).code).toBe('CLIENT_CLOSED')
  })

  it('is what await using does', async () => {
    const fetch = vi.fn<Fetch>(hangs)
    const client = clientOf(fetch)
    const failing = failureOf(client.models.list())
    await client[Symbol.asyncDispose]()
    expect((await failing).code).toBe('CLIENT_CLOSED')
  })

  it("does not take the place of the caller's own abort", async () => {
    const { controller, listeners } = counted()
    const failing = failureOf(clientOf(hangs).models.list(controller))
    controller.abort('mine')
    expect(await failing).toBe('mine')
    await vi.waitFor(() => expect(listeners()).toBe(0))
  })
})

describe('the environment', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
  })
  const fetch = createFakeFetch()

  it('gives key and address where there are no others, when a client is made', async () => {
    const env = { LLM_API_KEY: 'env-key', LLM_BASE_URL: 'https://env.test/v1' }
    vi.stubGlobal('process', { env })
    fetch.reset()
    await new LLMClient({ fetch, allowBrowserKey: true }).models.list()
    await new LLMClient({ fetch, baseUrl: BASE, apiKey: () => 'own' }).models.list()
    expect(fetch.requests.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['https://env.test/v1/models', 'Bearer env-key'],
      [`${BASE}/models`, 'Bearer own'],
    ])
  })

  it.each([
    ['is not there', undefined],
    ['has no variables', {}],
    ['has empty ones', { env: { LLM_API_KEY: '', LLM_BASE_URL: '' } }],
    [
      'may not be read',
      {
        get env(): never {
          throw new Error('PermissionDenied')
        },
      },
    ],
  ])('may be one that %s', async (_, process) => {
    vi.stubGlobal('process', process)
    fetch.reset()
    const client = new LLMClient({ fetch })
    expect(client.baseUrl).toBe('https://api.openai.com/v1')
    await client.models.list()
    expect(fetch.requests[0]!.headers).not.toHaveProperty('authorization')
  })
})
