import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type CacheOptions,
  type CacheStore,
  type CallReport,
  type Client,
  type ClientConfig,
  ConfigurationError,
  cache,
  createChatCompletion,
  createClient,
  type Fetch,
  fallback,
  LLMClient,
  listModels,
  memoryStore,
  metrics,
  type Policy,
  retry,
  ServerError,
  streamChatCompletion,
  TimeoutError,
  timeout,
  type Watcher,
} from '../../src/index.ts'
import { createFakeFetch, type FakeModelOptions } from '../../src/testing/index.ts'
import {
  BASE,
  chatRequest,
  clientOf,
  completion,
  counted,
  deferred,
  failureOf,
  isWorkerd,
  json,
  KEY,
  settle,
} from '../client/harness.ts'
import { never, policyContract } from '../policies/contract.ts'

const hanging = { getItem: never, setItem: () => {}, removeItem: () => {} }
policyContract('cache', () => cache(), [
  { name: 'its store', create: () => cache({ store: hanging }), passesRequests: true },
  { name: 'key', create: () => cache({ key: never }), passesRequests: true },
  {
    name: "another caller's request",
    create: () => cache(),
    next: never,
    isSecond: true,
    passesRequests: true,
  },
])

/** What `withResponse()` tells of where an answer is from. */
async function sourceOf(client: Client, options = {}, request = chatRequest): Promise<string> {
  const { headers } = await createChatCompletion(client, request, options).withResponse()
  return headers.get('x-llmfetch-cache') ?? 'asked'
}

function setUp(options: CacheOptions = {}, model: FakeModelOptions = {}, config: ClientConfig = {}) {
  const fetch = createFakeFetch(model)
  const client = clientOf(fetch, { allowBrowserKey: true, ...config, policies: [cache(options)] })
  return { fetch, client, requests: () => fetch.requests.length, ask: (call = {}) => sourceOf(client, call) }
}

/** A memory store that is watched. */
function watchedStore() {
  const store = memoryStore()
  return {
    getItem: vi.fn(store.getItem),
    setItem: vi.fn(store.setItem),
    removeItem: vi.fn(store.removeItem),
  }
}

/** A fetch whose answers come when the test says so. */
function heldFetch() {
  const arrived: {
    signal: AbortSignal
    answer: (response?: Response) => void
    fail: (error: unknown) => void
  }[] = []
  const fetch = vi.fn<Fetch>((_, { signal }) => {
    const { promise, resolve, reject } = deferred<Response>()
    signal?.addEventListener('abort', () => reject(signal.reason))
    arrived.push({
      signal: signal!,
      answer: (response = json(completion)) => resolve(response),
      fail: reject,
    })
    return promise
  })
  const requests = async (count: number) => {
    await vi.waitFor(() => expect(arrived).toHaveLength(count))
    return arrived
  }
  return { fetch, requests }
}

/** Lets what is under way come to rest. */
const rest = () => new Promise(resolve => setTimeout(resolve, 20))

describe('cache', () => {
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
    vi.unstubAllGlobals()
  })

  describe('what it answers again', () => {
    it('a chat completion: whole, as a copy of its own, without an attempt', async () => {
      const { client, requests } = setUp()
      const first = await createChatCompletion(client, chatRequest).withResponse()
      const second = await createChatCompletion(client, chatRequest).withResponse()
      expect(second.data).toEqual(first.data)
      expect([first.attempts, second.attempts, requests()]).toEqual([1, 0, 1])
      expect([first, second].map(({ headers }) => headers.get('x-llmfetch-cache'))).toEqual([null, 'hit'])
      second.data.choices[0].message.content = 'changed'
      expect((await createChatCompletion(client, chatRequest)).choices).toEqual(first.data.choices)
    })

    it('a list of models', async () => {
      const { client, requests } = setUp()
      expect(await listModels(client)).toEqual(await listModels(client))
      expect(requests()).toBe(1)
    })

    it('no stream', async () => {
      const { client, requests } = setUp()
      for (let i = 0; i < 2; i++) for await (const _ of streamChatCompletion(client, chatRequest));
      expect([requests(), await sourceOf(client)]).toEqual([2, 'asked'])
    })

    it.each([{ status: 400 }, { status: 500 }, { garbage: true as const }, { reset: 'headers' as const }])(
      'no failure: %j',
      async fault => {
        const { client, ask, requests } = setUp({}, { faults: [fault] })
        await failureOf(createChatCompletion(client, chatRequest))
        expect([await ask(), await ask(), requests()]).toEqual(['asked', 'hit', 2])
      },
    )

    it.each([
      ['an error in a good answer', { error: { message: 'no' }, choices: [{ message: {} }] }],
      ['a choice that failed', { choices: [{ message: {}, error: { code: 502 } }] }],
      ['no choice', { choices: [] }],
      ['no JSON', 'hello'],
    ])('nothing but answers, also around another client: %s', async (_, body) => {
      const next = vi.fn<Fetch>(async () => json(body))
      const fetch = cache()(next)
      const init = { method: 'POST', body: JSON.stringify(chatRequest) }
      for (let i = 0; i < 2; i++) expect(await (await fetch(BASE, init)).json()).toEqual(body)
      expect(next).toHaveBeenCalledTimes(2)
    })

    it.each([
      ['a file to come', '/files', { object: 'list', data: [] }],
      ['files', '/files', { object: 'list', data: [{ id: 'file-1', object: 'file' }] }],
      ['a batch under way', '/batches/1', { id: 'batch-1', object: 'batch', status: 'in_progress' }],
    ])('nothing that may have changed: %s', async (_, path, body) => {
      const next = vi.fn<Fetch>(async () => json(body))
      const fetch = cache()(next)
      for (let i = 0; i < 2; i++) await fetch(BASE + path, {})
      expect(next).toHaveBeenCalledTimes(2)
    })

    it('nothing that has effects', async () => {
      const next = vi.fn<Fetch>(async () => json(completion))
      const fetch = cache()(next)
      const inits = [
        { method: 'POST', body: JSON.stringify({ input_file_id: 'file-1', endpoint: '/v1/embeddings' }) },
        { method: 'PUT', body: JSON.stringify(chatRequest) },
        { method: 'POST', body: new TextEncoder().encode(JSON.stringify(chatRequest)) },
      ]
      for (const init of [...inits, ...inits]) await fetch(BASE, init)
      expect(next).toHaveBeenCalledTimes(6)
    })

    it('nothing that a fallback got elsewhere', async () => {
      const policies = [cache(), fallback({ to: [{ baseUrl: 'https://other.test/v1' }] })]
      const fetch = createFakeFetch({ faults: [{ status: 503 }] })
      const client = clientOf(fetch, { policies })
      const { headers } = await createChatCompletion(client, chatRequest).withResponse()
      expect(headers.get('x-llmfetch-target')).toBe('https://other.test/v1')
      expect([await sourceOf(client), await sourceOf(client)]).toEqual(['asked', 'hit'])
    })

    it('an answer of a target only to the user of its key, inside of a fallback', async () => {
      let user = 'sk-one-target'
      const to = [{ baseUrl: 'https://other.test/v1', apiKey: async () => user }]
      const fetch = createFakeFetch({ faults: ({ url }) => (url.startsWith(BASE) ? { status: 503 } : {}) })
      const client = clientOf(fetch, { policies: [fallback({ to }), cache()] })
      const sources = [await sourceOf(client), await sourceOf(client)]
      user = 'sk-other-target'
      expect([...sources, await sourceOf(client)]).toEqual(['asked', 'hit', 'asked'])
      expect(fetch.requests.filter(({ url }) => !url.startsWith(BASE))).toHaveLength(2)
    })
  })

  describe('per call', () => {
    it('bypass leaves the store alone', async () => {
      const store = watchedStore()
      const { ask, requests } = setUp({ store })
      expect([await ask({ cache: 'bypass' }), await ask({ cache: 'bypass' }), requests()]).toEqual([
        'asked',
        'asked',
        2,
      ])
      expect([store.getItem, store.setItem].map(({ mock }) => mock.calls.length)).toEqual([0, 0])
    })

    it('refresh asks anew, for those who come later too', async () => {
      let count = 0
      const { client, ask } = setUp({}, { reply: () => `answer ${++count}` })
      const text = async (call = {}) =>
        (await createChatCompletion(client, chatRequest, call)).choices[0].message.content
      expect([await text(), await text({ cache: 'refresh' }), await text()]).toEqual([
        'answer 1',
        'answer 2',
        'answer 2',
      ])
      expect(await ask()).toBe('hit')
    })

    it("takes fetch's own words for both around another client", async () => {
      const next = vi.fn<Fetch>(async () => json(completion))
      const fetch = cache()(next)
      const init = { method: 'POST', body: JSON.stringify(chatRequest) }
      for (const mode of ['default', 'default', 'no-store', 'reload', 'force-cache'] as const)
        await fetch(BASE, { ...init, cache: mode })
      expect(next).toHaveBeenCalledTimes(3)
    })
  })

  describe('whose answers', () => {
    const store = (): CacheStore => memoryStore()

    it.each([
      ['a client of another key', { apiKey: () => 'sk-other' }],
      ['a client without a key', { apiKey: undefined }],
      ['another service', { baseUrl: 'https://other.test/v1' }],
      ['another header', { headers: { 'api-key': 'k1' } }],
      ['another project', { headers: { 'openai-project': 'p1' } }],
      ['another query', { query: { 'api-version': '1' } }],
    ])('are not given to %s', async (_, config: ClientConfig) => {
      const shared = store()
      const one = setUp({ store: shared })
      const other = setUp({ store: shared }, {}, config)
      expect([await one.ask(), await other.ask(), await one.ask(), await other.ask()]).toEqual([
        'asked',
        'asked',
        'hit',
        'hit',
      ])
    })

    it.each([{ authorization: 'Bearer other' }, { authorization: null }, { cookie: 'session=1' }])(
      'are not given to a call with %j',
      async headers => {
        const { ask } = setUp()
        expect([await ask(), await ask({ headers }), await ask({ headers })]).toEqual([
          'asked',
          'asked',
          'hit',
        ])
      },
    )

    it('are given to a call with another idempotency key or trace', async () => {
      const { ask } = setUp()
      const headers = { traceparent: '00-1-2-01' }
      expect([await ask({ idempotencyKey: '1' }), await ask({ idempotencyKey: '2', headers })]).toEqual([
        'asked',
        'hit',
      ])
    })

    it('are of the user whose key the provider gives at the time', async () => {
      let user = 'ada'
      const keys = vi.fn(() => `sk-${user}`)
      const { fetch, ask } = setUp({}, {}, { apiKey: keys })
      const sources = [await ask(), await ask()]
      user = 'bob'
      sources.push(await ask())
      user = 'ada'
      sources.push(await ask())
      expect(sources).toEqual(['asked', 'hit', 'asked', 'hit'])
      expect(fetch.requests.map(({ headers }) => headers.authorization)).toEqual([
        'Bearer sk-ada',
        'Bearer sk-bob',
      ])
      // Once a call: what is asked for the name is sent.
      expect(keys).toHaveBeenCalledTimes(4)
    })

    it('are kept for nobody where a retry was signed with another key', async () => {
      const keys = ['sk-ada', 'sk-bob', 'sk-bob', 'sk-ada']
      const fetch = createFakeFetch({ faults: [{ status: 503 }] })
      const policies = [cache(), retry({ initialDelay: 0 })]
      const client = clientOf(fetch, { policies, apiKey: () => keys.shift()! })
      expect([await sourceOf(client), await sourceOf(client), await sourceOf(client)]).toEqual([
        'asked',
        'asked',
        'asked',
      ])
      const sent = fetch.requests.map(({ headers }) => headers.authorization!.slice(-3))
      expect(sent).toEqual(['ada', 'bob', 'bob', 'ada'])
    })

    it('fail as without it where there is no key', async () => {
      const onError = vi.fn()
      const error = await failureOf(
        setUp({ onError }, {}, { apiKey: () => Promise.reject(new Error('no login')) }).ask(),
      )
      expect(error).toBeInstanceOf(ConfigurationError)
      expect(onError).toHaveBeenCalledOnce()
    })

    it('show nothing in the names under which they are stored', async () => {
      const shared = watchedStore()
      const model = { reply: () => 'Hello!' }
      const { ask } = setUp({ store: shared }, model, { headers: { 'x-api-key': 'sk-second' } })
      await ask()
      await ask()
      const names = [shared.getItem, shared.setItem].flatMap(({ mock }) => mock.calls.map(([name]) => name))
      expect(new Set(names).size).toBe(1)
      expect(names[0]).toMatch(/^llmfetch:[0-9a-f]{64}$/)
      expect(JSON.stringify(shared.setItem.mock.calls)).not.toMatch(new RegExp(`${KEY}|sk-second|Say hello`))
    })
  })

  describe('key', () => {
    it('says what counts, besides the credentials', async () => {
      const key = ({ url, body }: { url: string; body: { user?: string } }) => [url, { ...body, user: '' }]
      const { ask, client } = setUp({ key })
      const sources = [await ask(), await ask({ headers: { 'x-a': '1' } })]
      sources.push(await sourceOf(client, {}, { ...chatRequest, user: 'ada' }))
      sources.push(await ask({ headers: { 'x-api-key': '1' } }))
      sources.push(await sourceOf(client, {}, { ...chatRequest, n: 2 }))
      expect(sources).toEqual(['asked', 'hit', 'hit', 'asked', 'asked'])
    })

    it.each<[string, object]>([
      ['no message', {}],
      ['a message of null', { message: null, finish_reason: 'stop' }],
      ['an empty text', { message: { content: '' }, finish_reason: 'stop' }],
      ['no reason to finish', { message: { content: 'Half' }, finish_reason: null }],
      ['the reason error', { message: { content: 'Half' }, finish_reason: 'error' }],
      ['the reason abort', { message: { content: 'Half' }, finish_reason: 'abort' }],
      ['the reason content_filter', { message: { content: 'Half' }, finish_reason: 'content_filter' }],
      ['an error of its own', { message: { content: 'Half' }, finish_reason: 'stop', error: { code: 502 } }],
    ])('keeps no answer with a choice of %s', async (_, choice) => {
      const store = watchedStore()
      const next = vi.fn<Fetch>(async () => json({ ...completion, choices: [choice] }))
      const fetch = cache({ store })(next)
      const init = { method: 'POST', body: JSON.stringify(chatRequest) }
      for (let i = 0; i < 2; i++) await (await fetch(BASE, init)).text()
      expect([next.mock.calls.length, store.setItem.mock.calls.length]).toEqual([2, 0])
    })

    it.each(['stop', 'length', 'tool_calls', 'function_call'])('keeps one that ended in %s', async reason => {
      const choice = { message: { content: 'Whole' }, finish_reason: reason }
      const next = vi.fn<Fetch>(async () => json({ ...completion, choices: [choice] }))
      const fetch = cache()(next)
      const init = { method: 'POST', body: JSON.stringify(chatRequest) }
      for (let i = 0; i < 2; i++) await (await fetch(BASE, init)).text()
      expect(next).toHaveBeenCalledOnce()
    })

    it('keeps a request out by undefined', async () => {
      const { ask } = setUp({ key: async () => undefined })
      expect([await ask(), await ask()]).toEqual(['asked', 'asked'])
    })

    it('is told of and done without where it throws', async () => {
      const error = new Error('mine')
      const onError = vi.fn()
      const key = () => {
        throw error
      }
      const { ask } = setUp({ key, onError })
      expect([await ask(), await ask()]).toEqual(['asked', 'asked'])
      expect(onError.mock.calls).toEqual([[error], [error]])
    })
  })

  describe('ttl', () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['Date'] })
    })

    it('is five minutes', async () => {
      const { ask } = setUp()
      const sources = [await ask()]
      vi.setSystemTime(Date.now() + 299_999)
      sources.push(await ask())
      vi.setSystemTime(Date.now() + 1)
      sources.push(await ask(), await ask())
      expect(sources).toEqual(['asked', 'hit', 'asked', 'hit'])
    })

    it('is told to the store in seconds, and not where it is Infinity', async () => {
      const store = watchedStore()
      await setUp({ store, ttl: 1500 }).ask()
      await setUp({ store, ttl: Number.POSITIVE_INFINITY }, {}, { headers: { 'x-a': '1' } }).ask()
      expect(store.setItem.mock.calls.map(([, , options]) => options)).toEqual([{ ttl: 2 }, {}])
    })

    it('ends even if the clock is set back', async () => {
      const { ask } = setUp()
      await ask()
      vi.setSystemTime(Date.now() - 3_600_000)
      expect([await ask(), await ask()]).toEqual(['asked', 'hit'])
    })

    it('is that of the client that reads', async () => {
      const store = memoryStore()
      await setUp({ store }).ask()
      vi.setSystemTime(Date.now() + 2000)
      expect(await setUp({ store, ttl: 1000 }).ask()).toBe('asked')
    })

    it.each([
      { ttl: 0 },
      { ttl: Number.NaN },
      { ttl: -1 },
      { store: {} as CacheStore },
      { store: 1 as never },
    ])('refuses the options %j', async options => {
      expect(await failureOf(() => cache(options))).toBeInstanceOf(ConfigurationError)
    })
  })

  describe('calls under way', () => {
    beforeEach(() => {
      // Any runtime but Workers.
      if (isWorkerd) vi.stubGlobal('navigator', undefined)
    })

    it('share one request', async () => {
      const { fetch, requests } = heldFetch()
      const client = clientOf(fetch, { policies: [cache()] })
      const calls = [1, 2, 3].map(() => createChatCompletion(client, chatRequest).withResponse())
      ;(await requests(1))[0]!.answer()
      const results = await Promise.all(calls)
      expect(results.map(({ headers }) => headers.get('x-llmfetch-cache'))).toEqual([
        null,
        'shared',
        'shared',
      ])
      expect(results.map(({ attempts }) => attempts)).toEqual([1, 0, 0])
      expect(results[1]!.data).toEqual(results[0]!.data)
      expect(results[1]!.data).not.toBe(results[0]!.data)
      expect(fetch).toHaveBeenCalledOnce()
    })

    it.each([0, 1])('are not failed by the abort of number %i', async place => {
      const { fetch, requests } = heldFetch()
      const client = clientOf(fetch, { policies: [cache()] })
      const { controller, listeners } = counted()
      const calls = [0, 1].map(number =>
        createChatCompletion(client, chatRequest, number === place ? controller : {}),
      )
      const [request] = await requests(1)
      const ended = failureOf(calls[place]!)
      const reason = new Error('mine')
      controller.abort(reason)
      expect(await ended).toBe(reason)
      expect(request!.signal.aborted).toBe(false)
      request!.answer()
      expect((await calls[1 - place]!).choices[0].message.content).toBe('Hello')
      expect(listeners()).toBe(0)
      expect(await sourceOf(client)).toBe('hit')
    })

    it('end when all of them are aborted, and the next asks anew', async () => {
      const { fetch, requests } = heldFetch()
      const client = clientOf(fetch, { policies: [cache()] })
      const controllers = [new AbortController(), new AbortController()]
      const failing = controllers.map(controller =>
        failureOf(createChatCompletion(client, chatRequest, controller)),
      )
      const [request] = await requests(1)
      controllers[0]!.abort(new Error('first'))
      await rest()
      expect(request!.signal.aborted).toBe(false)
      controllers[1]!.abort(new Error('last'))
      expect((await Promise.all(failing)).map(({ message }) => message)).toEqual(['first', 'last'])
      expect(request!.signal.aborted).toBe(true)
      const again = createChatCompletion(client, chatRequest)
      ;(await requests(2))[1]!.answer()
      expect((await again).choices).toHaveLength(1)
    })

    it('are not joined once everybody has left, even if they never end', async () => {
      const next = vi.fn<Fetch>(async () => json(completion)).mockReturnValueOnce(new Promise(() => {}))
      const fetch = cache()(next)
      const init = { method: 'POST', body: JSON.stringify(chatRequest) }
      const controller = new AbortController()
      const failing = failureOf(fetch(BASE, { ...init, signal: controller.signal }))
      await vi.waitFor(() => expect(next).toHaveBeenCalledOnce())
      controller.abort()
      await failing
      expect((await fetch(BASE, init)).headers.get('x-llmfetch-cache')).toBeNull()
    })

    it('share a failure', async () => {
      const { fetch, requests } = heldFetch()
      const client = clientOf(fetch, { policies: [cache()] })
      const failing = [1, 2].map(() => failureOf(createChatCompletion(client, chatRequest)))
      ;(await requests(1))[0]!.answer(json({ error: { message: 'no' } }, { status: 500 }))
      for (const error of await Promise.all(failing)) expect(error).toBeInstanceOf(ServerError)
      expect(fetch).toHaveBeenCalledOnce()
    })

    it('share no answer that is not to be kept', async () => {
      const { fetch: next, requests } = heldFetch()
      const fetch = cache()(next)
      const texts = [1, 2].map(async () => (await fetch(`${BASE}/things`, {})).text())
      ;(await requests(1))[0]!.answer(new Response('first'))
      ;(await requests(2))[1]!.answer(new Response('second'))
      // Which of them is first, their digests decide.
      expect((await Promise.all(texts)).sort()).toEqual(['first', 'second'])
    })

    it('share nothing on Workers, where a flight ends with the request that it began in', async () => {
      vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' })
      const { fetch, requests } = heldFetch()
      const client = clientOf(fetch, { policies: [cache()] })
      const calls = [1, 2].map(() => createChatCompletion(client, chatRequest))
      for (const { answer } of await requests(2)) answer()
      await Promise.all(calls)
      expect(await sourceOf(client)).toBe('hit')
    })

    it('leave no answer open that is passed on to nobody', async () => {
      const { fetch: next, requests } = heldFetch()
      const fetch = cache()(next)
      const cancel = vi.fn()
      const { controller } = counted()
      const left = failureOf(fetch(`${BASE}/things`, controller))
      await requests(1)
      const other = fetch(`${BASE}/things`, {})
      await rest()
      controller.abort()
      await left
      ;(await requests(1))[0]!.answer(new Response(new ReadableStream({ cancel })))
      ;(await requests(2))[1]!.answer(new Response('second'))
      expect([await (await other).text(), cancel.mock.calls.length]).toEqual(['second', 1])
    })

    it('fail with an error each', async () => {
      const { fetch, requests } = heldFetch()
      const client = clientOf(fetch, { policies: [cache()] })
      const failing = [1, 2, 3].map(() => failureOf(createChatCompletion(client, chatRequest)))
      ;(await requests(1))[0]!.answer(json({ error: { message: 'No', code: 'x' } }, { status: 400 }))
      const errors = await Promise.all(failing)
      expect(new Set(errors).size).toBe(3)
      const { message } = errors[0]!
      for (const error of errors)
        expect(error).toMatchObject({
          name: 'ValidationError',
          status: 400,
          code: 'x',
          message,
          body: errors[0].body,
        })
      expect(fetch).toHaveBeenCalledOnce()
    })

    it('share no request with one of other limits', async () => {
      const { fetch, requests } = heldFetch()
      const client = clientOf(fetch, { policies: [cache(), retry(), timeout()] })
      const calls = [{}, { maxRetries: 0 }, { timeout: 50_000 }, { cache: 'refresh' as const }].map(options =>
        createChatCompletion(client, chatRequest, options),
      )
      for (const { answer } of await requests(4)) answer()
      expect(await Promise.all(calls)).toHaveLength(4)
    })

    it('tell the first of a request that goes out at once', async () => {
      const { fetch, requests } = heldFetch()
      const sink = vi.fn<(report: CallReport) => void>()
      // Without a key to wait for.
      const client = createClient({ baseUrl: BASE, fetch, policies: [metrics({ sink }), cache()] })
      const call = createChatCompletion(client, chatRequest, { cache: 'refresh' })
      ;(await requests(1))[0]!.answer()
      await call
      expect(sink.mock.calls[0]![0].attempts).toBe(1)
    })

    it("count each of its requests once, the first caller's, however often it is sent", async () => {
      const { fetch, requests } = heldFetch()
      const measured = metrics()
      const client = clientOf(fetch, { policies: [measured, cache(), retry({ initialDelay: 0 })] })
      const calls = [1, 2, 3].map(() => createChatCompletion(client, chatRequest).withResponse())
      ;(await requests(1))[0]!.answer(json({}, { status: 503 }))
      ;(await requests(2))[1]!.answer()
      const attempts = (await Promise.all(calls)).map(call => call.attempts)
      expect(attempts.sort()).toEqual([0, 0, 2])
      const { retries, tokens } = measured.snapshot()
      expect([retries, tokens]).toEqual([1, { prompt: 1, completion: 1 }])
    })

    it('count a request whose first caller has left for the next one', async () => {
      const { fetch, requests } = heldFetch()
      const measured = metrics()
      const client = clientOf(fetch, { policies: [measured, cache()] })
      const { controller } = counted()
      const left = failureOf(createChatCompletion(client, chatRequest, controller))
      const [request] = await requests(1)
      const digest = vi.spyOn(crypto.subtle, 'digest')
      const others = [1, 2].map(() => createChatCompletion(client, chatRequest).withResponse())
      await vi.waitFor(() => expect(digest).toHaveBeenCalledTimes(2))
      await Promise.all(digest.mock.results.map(({ value }) => value))
      await settle(100)
      controller.abort()
      await left
      request!.answer()
      const attempts = (await Promise.all(others)).map(call => call.attempts)
      // Which of them is next, their digests decide.
      expect([attempts.sort(), fetch.mock.calls.length]).toEqual([[0, 1], 1])
      expect(measured.snapshot().tokens).toEqual({ prompt: 1, completion: 1 })
    })

    it.each([
      [
        'in one client',
        (fetch: Fetch, twice: Policy) => clientOf(fetch, { policies: [twice, retry(), twice] }),
      ],
      [
        'around its fetch, too',
        (fetch: Fetch, twice: Policy) =>
          createClient({ baseUrl: BASE, fetch: twice(fetch), policies: [twice] }),
      ],
    ])('wait for no request of their own where the policy stands twice %s', async (_, create) => {
      const fetch = createFakeFetch()
      const client = create(fetch, cache())
      const calls = [1, 2].map(() => sourceOf(client))
      expect((await Promise.all(calls)).sort()).toEqual(['asked', 'shared'])
      expect(fetch.requests).toHaveLength(1)
      expect(await sourceOf(client)).toBe('hit')
    })

    it('do not end by a limit that began before they came', async () => {
      const { fetch, requests } = heldFetch()
      const client = clientOf(fetch, { policies: [cache()] })
      const first = failureOf(createChatCompletion(client, chatRequest))
      const [request] = await requests(1)
      const later = [1, 2].map(() => createChatCompletion(client, chatRequest).withResponse())
      await rest()
      request!.fail(new TimeoutError('total', { phase: 'total' }))
      expect(await first).toBeInstanceOf(TimeoutError)
      ;(await requests(2))[1]!.answer()
      expect((await Promise.all(later)).map(({ attempts }) => attempts).sort()).toEqual([0, 1])
    })

    it('tell the limits around each of them what happens', async () => {
      const { fetch, requests } = heldFetch()
      const told: string[] = []
      // A call has joined once its name, which is a digest, is made.
      const digest = vi.spyOn(crypto.subtle, 'digest')
      const joined = async (count: number) => {
        await vi.waitFor(() => expect(digest).toHaveBeenCalledTimes(count))
        await Promise.all(digest.mock.results.map(({ value }) => value))
        await settle(100)
      }
      const listen: Policy = next => (url, init) => {
        const headers = new Headers(init.headers)
        const name = headers.get('idempotency-key')
        const watcher: Watcher = {
          attempt: () => told.push(`${name} attempt`),
          headers: status => told.push(`${name} ${status}`),
          bytes: () => told.push(`${name} bytes`),
        }
        const call = { ...init.call!, watchers: [...init.call!.watchers, watcher] }
        return next(url, { ...init, call })
      }
      const client = clientOf(fetch, { policies: [listen, cache(), retry({ initialDelay: 0 })] })
      const ask = (idempotencyKey: string) => createChatCompletion(client, chatRequest, { idempotencyKey })
      const calls = [ask('a')]
      await requests(1)
      calls.push(ask('b'))
      await joined(2)
      expect(told).toEqual(['a attempt'])
      told.length = 0
      ;(await requests(1))[0]!.answer(json({}, { status: 503 }))
      const [, second] = await requests(2)
      expect(told).toEqual(['a 503', 'b 503', 'a attempt', 'b attempt'])
      told.length = 0
      let body!: ReadableStreamDefaultController<Uint8Array>
      const start = (controller: typeof body) => {
        body = controller
      }
      second!.answer(new Response(new ReadableStream({ start })))
      await vi.waitFor(() => expect(told).toHaveLength(2))
      calls.push(ask('c'))
      await vi.waitFor(() => expect(told).toEqual(['a 200', 'b 200', 'c 200']))
      told.length = 0
      body.enqueue(new TextEncoder().encode(JSON.stringify(completion)))
      body.close()
      await Promise.all(calls)
      expect(told.slice(0, 3)).toEqual(['a bytes', 'b bytes', 'c bytes'])
    })
  })

  describe('a store', () => {
    const broken: { readonly [how: string]: () => unknown } = {
      throws() {
        throw new Error(`secret ${KEY}`)
      },
      rejects: () => Promise.reject(new Error(`secret ${KEY}`)),
      'gives a number': () => 7,
      'gives a text': () => 'prompt and answer',
      'gives JSON of another shape': () => '{"a":1}',
      'gives an old answer': () => JSON.stringify({ time: 0, body: JSON.stringify(completion) }),
      'gives an entry without an answer': () => JSON.stringify({ time: Date.now(), body: '{}' }),
      'gives an entry that no endpoint can read': () => ({
        time: Date.now(),
        body: '{"choices":{"length":1}}',
      }),
      'gives a body that is no text': () => ({ time: Date.now(), body: completion }),
    }

    it.each(Object.keys(broken))('that %s is a miss and at most a line that shows nothing', async how => {
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
      const store = { ...watchedStore(), getItem: vi.fn(broken[how]!) }
      const { ask, requests } = setUp({ store })
      expect([await ask(), await ask(), requests()]).toEqual(['asked', 'asked', 2])
      expect(warn).toHaveBeenCalledTimes(how === 'gives an old answer' ? 0 : 2)
      for (const [line] of warn.mock.calls) {
        expect(line).toMatch(/^llmfetch cache: /)
        expect(line).not.toMatch(new RegExp(`${KEY}|secret|prompt|answer and`))
      }
    })

    it('that cannot store does not fail the call', async () => {
      const onError = vi.fn(() => {
        throw new Error('a hook')
      })
      const error = new Error('full')
      const store = { ...watchedStore(), setItem: () => Promise.reject(error) }
      const { ask } = setUp({ store, onError })
      expect([await ask(), await ask()]).toEqual(['asked', 'asked'])
      expect(onError.mock.calls).toEqual([[error], [error]])
    })

    it('is heard of once where every entry of a batch fails', async () => {
      const onError = vi.fn()
      const fail = () => Promise.reject(new Error('down'))
      const fetch = cache({ store: { getItem: fail, setItem: fail, removeItem: fail }, onError })(
        createFakeFetch(),
      )
      const body = JSON.stringify({ model: 'fake-embed', input: ['a', 'b', 'c'] })
      await fetch(`${BASE}/embeddings`, { method: 'POST', body })
      expect(onError).toHaveBeenCalledTimes(2)
    })

    it('that gives parsed objects will do', async () => {
      const items = new Map<string, unknown>()
      const store: CacheStore = {
        getItem: async key => items.get(key) ?? null,
        setItem: async (key, value) => items.set(key, JSON.parse(value)),
        removeItem: async key => items.delete(key),
      }
      const { ask } = setUp({ store })
      expect([await ask(), await ask()]).toEqual(['asked', 'hit'])
    })

    it.runIf(/^Mozilla/.test(globalThis.navigator?.userAgent))("may be a page's localStorage", async () => {
      localStorage.clear()
      expect([
        await setUp({ store: localStorage }).ask(),
        await setUp({ store: localStorage }).ask(),
      ]).toEqual(['asked', 'hit'])
      expect(localStorage.length).toBe(1)
    })

    it('that hangs is waited for two seconds', async () => {
      vi.useFakeTimers()
      const onError = vi.fn()
      const hanging = [deferred(), deferred()]
      const hang = (place: number) => () => {
        hanging[place]!.resolve()
        return new Promise(() => {})
      }
      const store = { getItem: hang(0), setItem: hang(1), removeItem: hang(1) }
      const { ask } = setUp({ store, onError })
      const asking = ask()
      for (const { promise } of hanging) {
        await promise
        onError.mockClear()
        await vi.advanceTimersByTimeAsync(1999)
        expect(onError).not.toHaveBeenCalled()
        await vi.advanceTimersByTimeAsync(1)
        expect(onError).toHaveBeenCalledOnce()
      }
      expect([await asking, vi.getTimerCount()]).toEqual(['asked', 0])
    })

    it.each(['getItem', 'setItem'] as const)('that hangs in %s does not delay an abort', async method => {
      const store = { ...watchedStore(), [method]: vi.fn(() => new Promise(() => {})) }
      const { client, requests } = setUp({ store })
      const { controller, listeners } = counted()
      const failing = failureOf(createChatCompletion(client, chatRequest, controller))
      await vi.waitFor(() => expect(store[method]).toHaveBeenCalled())
      const reason = new Error('mine')
      controller.abort(reason)
      expect(await failing).toBe(reason)
      expect([listeners(), requests()]).toEqual([0, method === 'getItem' ? 0 : 1])
    })

    it('F1 is not asked for a signal that has aborted, nor is anybody', async () => {
      const store = watchedStore()
      const next = vi.fn<Fetch>()
      const reason = new Error('mine')
      const signal = AbortSignal.abort(reason)
      const init = { method: 'POST', body: JSON.stringify(chatRequest), signal }
      expect(await failureOf(cache({ store })(next)(BASE, init))).toBe(reason)
      await rest()
      expect([next.mock.calls, store.getItem.mock.calls]).toEqual([[], []])
    })

    it('leaves no listener on a signal that many calls share', async () => {
      const { client } = setUp()
      const { controller, listeners } = counted()
      const contents = Array.from({ length: 100 }, (_, place) => `${place % 30}`)
      await Promise.all(
        contents.map(content =>
          createChatCompletion(client, { ...chatRequest, messages: [{ role: 'user', content }] }, controller),
        ),
      )
      expect(listeners()).toBe(0)
    })

    it('whose look-up was left by everybody sends nothing', async () => {
      const { promise, resolve } = deferred<null>()
      const store = { ...watchedStore(), getItem: vi.fn(() => promise) }
      const next = vi.fn<Fetch>()
      const controller = new AbortController()
      const { signal } = controller
      const body = JSON.stringify(chatRequest)
      const failing = failureOf(cache({ store })(next)(BASE, { method: 'POST', body, signal }))
      await vi.waitFor(() => expect(store.getItem).toHaveBeenCalled())
      controller.abort()
      await failing
      resolve(null)
      await rest()
      expect(next).not.toHaveBeenCalled()
    })

    it('holds an answer to the limits of the client that reads', async () => {
      const store = memoryStore()
      await setUp({ store }).ask()
      const onError = vi.fn()
      const small = setUp({ store, onError }, {}, { maxResponseBytes: 10 })
      expect(await failureOf(small.ask())).toHaveProperty('name', 'LimitError')
      expect(onError).toHaveBeenCalledOnce()
    })
  })

  describe("around another client's fetch", () => {
    it('answers anew what is read, cloned or dropped', async () => {
      const next = vi.fn<Fetch>(async () =>
        json(completion, { headers: { 'set-cookie': 'a=1', 'x-b': '2' } }),
      )
      const fetch = cache()(next)
      const init = { method: 'POST', body: JSON.stringify(chatRequest) }
      const first = await fetch(BASE, init)
      expect([first.headers.get('x-b'), first.headers.get('x-llmfetch-cache')]).toEqual(['2', null])
      expect(await first.json()).toEqual(completion)
      await fetch(BASE, init)
      const third = await fetch(BASE, init)
      expect(await third.clone().json()).toEqual(completion)
      expect(await third.json()).toEqual(completion)
      expect([...third.headers]).toEqual([
        ['content-type', 'application/json'],
        ['x-llmfetch-cache', 'hit'],
      ])
      expect(next).toHaveBeenCalledOnce()
    })

    it('leaves a Request, and what is not given as text, to the fetch', async () => {
      const next = vi.fn<Fetch>(async () => json({ data: [{ id: 'a' }] }))
      const fetch = cache()(next)
      for (let i = 0; i < 2; i++) {
        await fetch(new Request(`${BASE}/a`, { method: 'POST', body: '{}' }))
        await fetch(BASE, { method: 'POST', body: 'no JSON' })
      }
      expect(next).toHaveBeenCalledTimes(4)
    })

    it('gives what was answered to one Request to none with another key or method', async () => {
      let count = 0
      const fetch = cache()(async () => json({ data: [{ id: `${++count}` }] }))
      const ask = async (init: RequestInit) => (await fetch(new Request(`${BASE}/models`, init))).json()
      for (const init of [
        {},
        { headers: { authorization: 'Bearer a' } },
        { headers: { authorization: 'Bearer b' } },
        { method: 'DELETE' },
      ])
        expect(await ask(init)).toEqual({ data: [{ id: `${count}` }] })
      expect(count).toBe(4)
    })

    it('takes a URL for its text', async () => {
      const next = vi.fn<Fetch>(async () => json({ data: [{ id: 'a' }] }))
      const fetch = cache()(next)
      await fetch(new URL(`${BASE}/models`))
      await fetch(`${BASE}/models`)
      expect(next).toHaveBeenCalledOnce()
    })
  })

  describe('in LLMClient', () => {
    it('is off', async () => {
      const fetch = createFakeFetch()
      const client = new LLMClient({ baseUrl: BASE, apiKey: () => KEY, fetch })
      for (let i = 0; i < 2; i++) await client.models.list()
      expect(fetch.requests).toHaveLength(2)
    })

    it('stands around everything but your own policies and close()', async () => {
      const seen: string[] = []
      const own: Policy = next => async (url, init) => {
        seen.push(url)
        return next(url, init)
      }
      const fetch = createFakeFetch()
      const client = new LLMClient({
        baseUrl: BASE,
        apiKey: () => KEY,
        fetch,
        cache: cache({ ttl: 1000 }),
        maxConcurrentRequests: 1,
        policies: [own],
      })
      const ask = (request = chatRequest) => client.chat.completions.create(request).withResponse()
      await ask()
      // Nothing else may be sent, and a hit need not.
      fetch.requests.length = 0
      const holding = client.chat.completions.stream(chatRequest)
      const { headers, attempts } = await ask()
      expect([headers.get('x-llmfetch-cache'), attempts, seen.length]).toEqual(['hit', 0, 3])
      await holding.collect()
      client.close()
      expect(await failureOf(ask())).toHaveProperty('code', 'CLIENT_CLOSED')
    })
  })

  it('is one for all clients that it is given to', async () => {
    const policies = [cache()]
    const fetch = createFakeFetch()
    const one = createClient({ baseUrl: BASE, fetch, policies })
    const other = createClient({ baseUrl: BASE, fetch, policies })
    expect([await sourceOf(one), await sourceOf(other)]).toEqual(['asked', 'hit'])
  })
})
