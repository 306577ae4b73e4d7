import { describe, expect, it, vi } from 'vitest'
import {
  ConnectionError,
  collectText,
  createChatCompletion,
  type Fetch,
  LLMError,
  listModels,
  RateLimitError,
  retry,
  streamChatCompletion,
  timeout,
} from '../../src/index.ts'
import {
  type InterceptorContext,
  type InterceptorOptions,
  interceptors,
} from '../../src/interceptors/index.ts'
import { createFakeFetch, type FakeModelOptions } from '../../src/testing/index.ts'
import { BASE, chatRequest, clientOf, counted, failureOf, json, KEY } from '../client/harness.ts'
import { never, policyContract } from '../policies/contract.ts'

const idle = () => {}
const asleep = async () => {}

policyContract('interceptors', () => interceptors())
policyContract(
  'interceptors with hooks',
  () =>
    interceptors({
      onRequest: [idle, asleep],
      onRequestError: idle,
      onResponse: asleep,
      onResponseError: [idle],
    }),
  (['onRequest', 'onResponse', 'onResponseError'] as const).map(name => ({
    name,
    create: () => interceptors({ [name]: [idle, never] }),
  })),
)
policyContract(
  'interceptors whose hook for a failed request waits',
  () => interceptors({ onRequestError: idle }),
  [
    {
      name: 'onRequestError',
      create: () => interceptors({ onRequestError: never }),
      next: () => Promise.reject(new TypeError('fetch failed')),
    },
  ],
)

type Hook = keyof InterceptorOptions

const HOOKS = ['onRequest', 'onRequestError', 'onResponse', 'onResponseError'] as const

/** Every hook, and which of them were called with what. */
function recording() {
  const calls: [hook: Hook, context: InterceptorContext][] = []
  const hooks = Object.fromEntries(
    HOOKS.map(name => [name, (context: InterceptorContext) => calls.push([name, context])]),
  )
  return { calls, names: () => calls.map(([name]) => name), hooks: hooks as unknown as InterceptorOptions }
}

function clientWith(hooks: InterceptorOptions, model: FakeModelOptions = {}, headers = {}) {
  const fetch = createFakeFetch(model)
  const policies = [interceptors(hooks)]
  return { fetch, client: clientOf(fetch, { policies, headers, allowBrowserKey: true }) }
}

describe('interceptors', () => {
  it('calls onRequest, then onResponse', async () => {
    const { calls, hooks, names } = recording()
    const { client } = clientWith(hooks)
    const data = await createChatCompletion(client, chatRequest)
    expect(names()).toEqual(['onRequest', 'onResponse'])
    const [, { request, options, response }] = calls[1]!
    expect(request).toBe(`${BASE}/chat/completions`)
    expect(options).toMatchObject({
      method: 'POST',
      body: JSON.stringify(chatRequest),
      retry: false,
      responseType: 'stream',
      ignoreResponseError: true,
      redirect: 'manual',
    })
    for (const name of ['baseURL', 'timeout', 'call']) expect(options).not.toHaveProperty(name)
    expect(response!.status).toBe(200)
    expect((response as unknown as { _data: unknown })._data).toBe(data)
    expect(await response!.clone().json()).toHaveProperty('choices')
  })

  it('lets a stream pass as it is', async () => {
    const { hooks, names } = recording()
    const { client } = clientWith(hooks, { reply: () => 'one two three' })
    expect(await collectText(streamChatCompletion(client, chatRequest))).toBe('one two three')
    expect(names()).toEqual(['onRequest', 'onResponse'])
  })

  it.each([400, 401, 404, 418, 429, 500, 503])(
    'calls onResponseError for a %i, with its answer',
    async status => {
      const { calls, hooks, names } = recording()
      const headers = { 'x-more': 'y' }
      const { client } = clientWith(hooks, { faults: { status, headers } })
      const error = await failureOf(createChatCompletion(client, chatRequest))
      expect([error.status, error.body.error.message]).toEqual([status, expect.any(String)])
      expect(names()).toEqual(['onRequest', 'onResponse', 'onResponseError'])
      const { response } = calls[2]![1]
      expect([response!.status, response!.headers.get('x-more')]).toEqual([status, 'y'])
      expect(await response!.json()).toEqual(error.body)
    },
  )

  it('calls onResponseError for an error in a 200', async () => {
    const { calls, hooks, names } = recording()
    const answer = { error: { message: 'slow down', code: 429 } }
    const client = clientOf(async () => json(answer), { policies: [interceptors(hooks)] })
    expect(await failureOf(createChatCompletion(client, chatRequest))).toBeInstanceOf(RateLimitError)
    expect(names()).toEqual(['onRequest', 'onResponse', 'onResponseError'])
    expect(calls[2]![1].response!.status).toBe(429)
  })

  it('calls onRequestError where there is no answer', async () => {
    const { calls, hooks, names } = recording()
    const { client } = clientWith(hooks, { faults: { reset: 'headers' } })
    const error = await failureOf(createChatCompletion(client, chatRequest))
    expect(error).toBeInstanceOf(ConnectionError)
    expect(names()).toEqual(['onRequest', 'onRequestError'])
    expect(calls[1]![1].error).toBe(error)
  })

  it.each(['html', true] as const)('calls onRequestError for an answer of no use: %s', async garbage => {
    const { hooks, names } = recording()
    const { client } = clientWith(hooks, { faults: { garbage } })
    const error = await failureOf(createChatCompletion(client, chatRequest))
    expect(error.name).toBe('ProtocolError')
    expect(names()).toEqual(['onRequest', 'onRequestError'])
  })

  it('calls the hooks of a list in turn, each when the one before is done', async () => {
    const order: string[] = []
    const slow = async () => {
      await new Promise(resolve => setTimeout(resolve, 2))
      order.push('slow')
    }
    const { client } = clientWith({ onRequest: [slow, () => void order.push('quick')] })
    await listModels(client)
    expect(order).toEqual(['slow', 'quick'])
  })

  it('is called for each attempt inside retry', async () => {
    const { hooks, names } = recording()
    const fetch = createFakeFetch({ faults: [{ status: 503 }, { reset: 'headers' }] })
    const policies = [retry({ initialDelay: 0 }), interceptors(hooks)]
    await createChatCompletion(clientOf(fetch, { policies }), chatRequest)
    expect(names()).toEqual([
      ...['onRequest', 'onResponse', 'onResponseError'],
      ...['onRequest', 'onRequestError'],
      ...['onRequest', 'onResponse'],
    ])
  })
})

describe('what hooks see and change', () => {
  it('is no secret, and every secret is sent', async () => {
    const secrets = {
      'api-key': `a-${KEY}`,
      'x-auth-token': `b-${KEY}`,
      'x-goog-api-key': KEY,
      'cf-aig-authorization': `Bearer ${KEY}`,
      'x-access-token': KEY,
    }
    const { calls, hooks } = recording()
    const { client, fetch } = clientWith(
      hooks,
      { faults: [{}, { status: 400 }, { reset: 'headers' }] },
      secrets,
    )
    const options = { idempotencyKey: 'once' }
    await createChatCompletion(client, chatRequest, options)
    await failureOf(createChatCompletion(client, chatRequest, options))
    await failureOf(createChatCompletion(client, chatRequest, options))
    expect(calls.length).toBeGreaterThan(6)
    for (const [, { options }] of calls) {
      const seen = Object.fromEntries(options.headers)
      expect(JSON.stringify([seen, options])).not.toContain(KEY)
      expect(seen).toMatchObject({ 'api-key': '[redacted]', 'idempotency-key': 'once' })
    }
    for (const { headers } of fetch.requests)
      expect(headers).toMatchObject({ ...secrets, authorization: `Bearer ${KEY}` })
  })

  it('may set, change and remove headers', async () => {
    const { client, fetch } = clientWith(
      {
        onRequest({ options }) {
          options.headers.set('x-new', '1')
          options.headers.delete('x-old')
          options.headers.set('api-key', 'another')
        },
      },
      {},
      { 'x-old': '1', 'api-key': KEY, 'x-secret': KEY },
    )
    await listModels(client)
    const { headers } = fetch.requests[0]!
    expect(headers).toMatchObject({
      'x-new': '1',
      'api-key': 'another',
      'x-secret': KEY,
      authorization: `Bearer ${KEY}`,
    })
    expect(headers).not.toHaveProperty('x-old')
  })

  it.each([
    ['set anew', (headers: Headers) => headers.set('authorization', 'Bearer mine'), 'Bearer mine'],
    ['removed', (headers: Headers) => headers.delete('authorization'), undefined],
  ] as const)('may have the key %s', async (_, change, sent) => {
    const { client, fetch } = clientWith({ onRequest: ({ options }) => void change(options.headers) })
    await listModels(client)
    expect(fetch.requests[0]!.headers.authorization).toBe(sent)
  })

  it('may put a plain object in place of the headers', async () => {
    const onRequest: InterceptorOptions['onRequest'] = ({ options }) => {
      options.headers = { ...Object.fromEntries(options.headers), 'x-a': '1' } as unknown as Headers
    }
    const { client, fetch } = clientWith({ onRequest })
    await listModels(client)
    expect(fetch.requests[0]!.headers).toMatchObject({ 'x-a': '1', authorization: `Bearer ${KEY}` })
  })

  it('refuses a header that cannot be sent, without its value', async () => {
    const onRequest: InterceptorOptions['onRequest'] = ({ options }) => {
      options.headers = { 'x-a': `${KEY}\n\u0000` } as unknown as Headers
    }
    const { client, fetch } = clientWith({ onRequest })
    const error = await failureOf(listModels(client))
    expect([error.name, error.code, error.cause]).toEqual(['LLMError', 'HOOK_FAILED', undefined])
    expect(fetch.requests).toEqual([])
  })

  it('may change the query and the body', async () => {
    const { client, fetch } = clientWith({
      onRequest({ options }) {
        options.query = { trace: '1' }
        options.body = { ...JSON.parse(options.body as string), user: 'ada' }
      },
    })
    await createChatCompletion(client, chatRequest)
    const [{ url, body }] = fetch.requests as [(typeof fetch.requests)[0]]
    expect(url).toBe(`${BASE}/chat/completions?trace=1`)
    expect(body).toMatchObject({ user: 'ada', model: 'fake-small' })
  })

  it('sends no secret to another origin', async () => {
    const { client, fetch } = clientWith(
      {
        onRequest(context) {
          context.request = 'https://evil.test/v1/models'
        },
      },
      {},
      { 'api-key': KEY, 'x-plain': '1' },
    )
    await listModels(client)
    const [{ url, headers }] = fetch.requests as [(typeof fetch.requests)[0]]
    expect([url, headers['x-plain']]).toEqual(['https://evil.test/v1/models', '1'])
    expect(JSON.stringify(headers)).not.toMatch(new RegExp(`${KEY}|redacted`))
  })

  it('adds no header of its own, even where there are none', async () => {
    const { client, fetch } = clientWith({ onRequest: idle })
    await createChatCompletion(client, chatRequest, { headers: { accept: null } })
    expect(fetch.requests[0]!.headers).not.toHaveProperty('accept')
  })

  it('sends once, whatever a hook asks of ofetch', async () => {
    const fetch = createFakeFetch({ faults: { status: 503 } })
    const onRequest: InterceptorOptions['onRequest'] = ({ options }) => {
      Object.assign(options, { ignoreResponseError: false, parseResponse: JSON.parse })
    }
    const client = clientOf(fetch, { policies: [interceptors({ onRequest })] })
    expect((await failureOf(createChatCompletion(client, chatRequest))).status).toBe(503)
    expect(fetch.requests).toHaveLength(1)
  })
})

describe('a hook that throws', () => {
  const broken = new Error('mine')
  const breaking = (name: Hook): InterceptorOptions => ({
    [name]: () => {
      throw broken
    },
  })
  const faults = {
    onRequest: {},
    onResponse: {},
    onRequestError: { reset: 'headers' },
    onResponseError: { status: 503 },
  } as const

  it.each(HOOKS)('%s: its error is the cause', async name => {
    const { client, fetch } = clientWith(breaking(name), { faults: faults[name] })
    for (const work of [
      createChatCompletion(client, chatRequest),
      collectText(streamChatCompletion(client, chatRequest)),
    ]) {
      const error = await failureOf(work)
      expect(error).toBeInstanceOf(LLMError)
      expect([error.name, error.code, error.cause, error.retryable]).toEqual([
        'LLMError',
        'HOOK_FAILED',
        broken,
        false,
      ])
      expect(error.message).toContain(name)
    }
    expect(fetch.requests).toHaveLength(name === 'onRequest' ? 0 : 2)
  })

  it.each(HOOKS)('%s: a promise that rejects does the same', async name => {
    const hooks = { [name]: async () => Promise.reject(broken) }
    const { client } = clientWith(hooks, { faults: faults[name] })
    expect((await failureOf(createChatCompletion(client, chatRequest))).cause).toBe(broken)
  })

  it('ends a stream that nobody will read', async () => {
    const { client, fetch } = clientWith(breaking('onResponse'), { faults: { stall: 2 } })
    await failureOf(collectText(streamChatCompletion(client, chatRequest)))
    await vi.waitFor(() => expect(fetch.requests[0]!.aborted).toBe(true))
  })

  it("ends another client's answer that nobody will read", async () => {
    const cancel = vi.fn()
    const response = new Response(new ReadableStream({ cancel }))
    await failureOf(interceptors(breaking('onResponse'))(async () => response)(BASE, {}))
    expect(cancel).toHaveBeenCalledOnce()
  })

  it('may throw an error of this library, which stays what it is', async () => {
    const error = new LLMError('slow down', { retryable: true })
    let calls = 0
    const onResponse = () => {
      if (!calls++) throw error
    }
    const fetch = createFakeFetch()
    const inner = interceptors({ onResponse })
    expect(await failureOf(listModels(clientOf(fetch, { policies: [inner] })))).toBe(error)
    calls = 0
    await listModels(clientOf(fetch, { policies: [retry({ initialDelay: 0 }), inner] }))
    expect(calls).toBe(2)
  })

  it('is not retried', async () => {
    const fetch = createFakeFetch()
    const policies = [retry({ initialDelay: 0 }), interceptors(breaking('onResponse'))]
    await failureOf(listModels(clientOf(fetch, { policies })))
    expect(fetch.requests).toHaveLength(1)
  })
})

describe('a hook that does not return', () => {
  it.each(['onRequest', 'onResponse'] as const)('is left on abort: %s', async name => {
    const hook = vi.fn(() => new Promise<void>(() => {}))
    const { client, fetch } = clientWith({ [name]: hook })
    const { controller, listeners } = counted()
    const failing = failureOf(collectText(streamChatCompletion(client, chatRequest, controller)))
    await vi.waitFor(() => expect(hook).toHaveBeenCalled())
    const reason = new Error('mine')
    controller.abort(reason)
    expect(await failing).toBe(reason)
    expect(fetch.requests).toHaveLength(name === 'onRequest' ? 0 : 1)
    await vi.waitFor(() => expect(listeners()).toBe(0))
  })

  it('is left when the time is up', async () => {
    const fetch = createFakeFetch()
    const policies = [timeout({ total: 5 }), interceptors({ onRequest: () => new Promise<void>(() => {}) })]
    const error = await failureOf(listModels(clientOf(fetch, { policies })))
    expect([error.name, error.phase]).toEqual(['TimeoutError', 'total'])
  })
})

describe("interceptors around another client's fetch", () => {
  it('hands back an error status as a response, after onResponseError', async () => {
    const { hooks, names } = recording()
    const given = new Response('no', { status: 503 })
    const response = await interceptors(hooks)(async () => given)(BASE, {})
    expect(response).toBe(given)
    expect(await response.text()).toBe('no')
    expect(names()).toEqual(['onRequest', 'onResponse', 'onResponseError'])
  })

  it('throws what fetch threw, without an error of ofetch around it', async () => {
    const { calls, hooks } = recording()
    const thrown = new TypeError('fetch failed')
    const fetch = interceptors(hooks)(() => Promise.reject(thrown))
    expect(await failureOf(fetch(BASE, { headers: { authorization: `Bearer ${KEY}` } }))).toBe(thrown)
    expect(calls[1]![1].error).toBe(thrown)
  })

  it('hides the headers of a Request, and sends it as it is', async () => {
    const { calls, hooks } = recording()
    const next = vi.fn<Fetch>(async () => new Response('fine'))
    const request = new Request(BASE, { headers: { authorization: `Bearer ${KEY}`, 'x-a': '1' } })
    await interceptors(hooks)(next)(request as unknown as string, {})
    expect(Object.fromEntries(calls[0]![1].options.headers)).toEqual({
      authorization: '[redacted]',
      'x-a': '1',
    })
    expect(next.mock.calls[0]![0]).toBe(request)
    expect(new Headers(next.mock.calls[0]![1].headers).has('authorization')).toBe(false)
  })
})
