import { describe, expect, it, vi } from 'vitest'
import {
  ConfigurationError,
  cache,
  createClient,
  type Fetch,
  fallback,
  LLMClient,
  log,
  metrics,
  retry,
  ValidationError,
} from '../../src/index.ts'
import { interceptors } from '../../src/interceptors/index.ts'
import { BASE, chatRequest, clientOf, completion, failureOf, json } from '../client/harness.ts'

async function refusal(config: object): Promise<string> {
  const error = await failureOf(() => new LLMClient(config))
  expect(error).toBeInstanceOf(ConfigurationError)
  return error.message
}

describe('an option that nobody knows', () => {
  it.each<[object, string, string?]>([
    [{ baseURL: BASE }, 'baseURL', 'baseUrl'],
    [{ apikey: 'x' }, 'apikey', 'apiKey'],
    [{ maxRetries: 2 }, 'maxRetries', 'did you mean retry?'],
    [{ retries: 2 }, 'retries', 'did you mean retry?'],
    [{ logger: console }, 'logger', 'log'],
    [{ maxConcurrentRequest: 5 }, 'maxConcurrentRequest', 'maxConcurrentRequests'],
    [{ retry: { retries: 3 } }, 'retries is no option of retry', 'did you mean maxRetries?'],
    [{ timeout: { connect: 3 } }, 'connect is no option of timeout'],
    [{ timeout: { firstevent: 3 } }, 'firstevent', 'firstEvent'],
    [{ circuitBreaker: { threshold: 3 } }, 'threshold', 'failureThreshold'],
    [{ xyzzy: 1 }, 'xyzzy'],
  ])('is refused, with the one that may be meant: %j', async (config, name, meant) => {
    const message = await refusal(config)
    expect(message).toContain(name)
    if (meant) expect(message).toContain(meant)
    else expect(message).not.toContain('did you mean')
  })

  it.each<[object, string]>([
    [{ abortSignal: null }, 'signal'],
    [{ maxretries: 1 }, 'maxRetries'],
    [{ header: {} }, 'headers'],
    [{ timeout: { firstevent: 5 } }, 'firstEvent'],
  ])('of a call is refused before anything is sent: %j', async (options, meant) => {
    const fetch = vi.fn<Fetch>(async () => json(completion))
    const client = new LLMClient({ baseUrl: BASE, fetch })
    for (const work of [
      client.chat.completions.create(chatRequest, options),
      client.chat.completions.create(chatRequest, options).withResponse(),
      client.chat.completions.stream(chatRequest, options).collect(),
      client.chat.completions.builder().model('m').user('x').execute(options),
      client.models.list(options),
    ]) {
      const error = await failureOf(work)
      expect(error).toBeInstanceOf(ValidationError)
      expect(error.message).toContain(meant)
    }
    expect(fetch).not.toHaveBeenCalled()
  })

  it('is none where it is known', () => {
    new LLMClient({
      baseUrl: BASE,
      apiKey: undefined,
      log: log(),
      metrics: metrics(),
      cache: cache(),
      fallback: fallback({ to: [{ baseUrl: 'https://b.test' }] }),
      interceptors: interceptors(),
      retry: {
        maxRetries: 1,
        initialDelay: 1,
        maxDelay: 1,
        backoffFactor: 1,
        strategy: 'fixed',
        jitter: false,
      },
      circuitBreaker: { failureThreshold: 1, successThreshold: 1, timeout: 1 },
      timeout: { headers: 1, firstEvent: 1, idle: 1, total: 1 },
    })
  })
})

describe('a value of another kind', () => {
  it.each([0, 2, true, '2', retry({ maxRetries: 0 })])(
    'is told of in the place of settings: retry: %s',
    async given => {
      expect(await refusal({ retry: given })).toBe('retry takes { maxRetries: 2 }')
    },
  )

  it('is none where null stands for what is not set', async () => {
    const fetch = vi.fn<Fetch>(async () => json(completion))
    const settings = {
      retry: null,
      circuitBreaker: null,
      timeout: null,
      policies: null,
      headers: null,
      query: null,
    }
    const client = new LLMClient({ baseUrl: BASE, fetch, ...(settings as object) })
    expect(await client.chat.completions.create(chatRequest)).toMatchObject({ id: 'chatcmpl-1' })
  })

  it.each([{ timeout: '5s' }, { maxConcurrentRequests: 'many' }, { retry: { maxRetries: '3' } }])(
    'is not taken for options: %j',
    async config => {
      expect(await refusal(config)).toContain('must be')
    },
  )
})

describe('a slot that is given no policy', () => {
  it.each(['log', 'metrics', 'interceptors', 'cache', 'fallback'])('is told so: %s', async slot => {
    for (const value of [true, {}, 5, 'on']) expect(await refusal({ [slot]: value })).toContain(slot)
  })
})

describe('what stands in a request and is an option of a call', () => {
  const misplaced = {
    headers: { 'x-key': 'secret' },
    signal: AbortSignal.abort(),
    timeout: 5,
    maxRetries: 2,
    idempotencyKey: 'secret',
    extraBody: { a: 1 },
  }

  it.each(Object.entries(misplaced))('is refused, not sent in the body: %s', async (name, value) => {
    const fetch = vi.fn<Fetch>(async () => json(completion))
    const { chat } = new LLMClient({ baseUrl: BASE, fetch, validate: false })
    const request = { ...chatRequest, [name]: value }
    for (const work of [
      chat.completions.create(request),
      chat.completions.stream(request).collect(),
      clientOf(fetch).request({ name: 'own', route: 'POST /own', body: { [name]: value } }),
    ]) {
      const error = await failureOf(work)
      expect(error).toBeInstanceOf(ValidationError)
      expect(error.issues).toMatchObject([{ path: name }])
      expect(error.message).not.toContain('secret')
    }
    expect(fetch).not.toHaveBeenCalled()
    await clientOf(fetch).request({ name: 'own', route: 'POST /own', body: { [name]: undefined } })
  })

  it('is left to the types by the bare client where it is only without effect', () => {
    createClient({ baseUrl: BASE, retry: 5 } as never)
  })
})
