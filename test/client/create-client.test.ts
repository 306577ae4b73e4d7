import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  type ClientConfig,
  ConfigurationError,
  createChatCompletion,
  createClient,
  createEmbedding,
  type Fetch,
  type KeyOption,
  LLMClient,
  listModels,
  ProtocolError,
  retry,
  timeout,
} from '../../src/index.ts'
import { createFakeFetch } from '../../src/testing/index.ts'
import {
  BASE,
  chatRequest,
  clientOf,
  completion,
  deferred,
  failureOf,
  isWorkerd,
  json,
  KEY,
} from './harness.ts'

/** A fetch that answers with an empty list of models, and tells of what it got. */
function recorder(): { fetch: Fetch; urls: string[]; headers: Headers[] } {
  const urls: string[] = []
  const headers: Headers[] = []
  const fetch: Fetch = async (url, init) => {
    urls.push(url)
    headers.push(new Headers(init.headers))
    return json({ object: 'list', data: [] })
  }
  return { fetch, urls, headers }
}

async function refusal(config: object): Promise<ConfigurationError> {
  const error = await failureOf(() => createClient(config as ClientConfig))
  expect(error).toBeInstanceOf(ConfigurationError)
  return error
}

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('fetch', () => {
  it.each([5, {}, 'fetch'])('is a function: %s is refused', async fetch => {
    expect((await refusal({ fetch })).message).toContain('fetch')
  })

  it.each([undefined, null, 5, {}])('that gives %s is told of, and not tried again', async given => {
    const fetch = (async () => given) as unknown as Fetch
    const error = await failureOf(listModels(clientOf(fetch)))
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error.retryable).toBe(false)
  })
})

describe('baseUrl', () => {
  it('is told of where it has the spelling of another SDK, before a key goes to the default service', async () => {
    const error = await refusal({ baseURL: 'https://api.test/v1', apiKey: KEY })
    expect(error.message).toContain('baseUrl')
    expect(await failureOf(() => new LLMClient({ baseURL: 'https://api.test/v1' } as object))).toBeInstanceOf(
      ConfigurationError,
    )
  })

  it.each([
    ['https://api.test/v1', 'https://api.test/v1'],
    ['https://api.test/v1///', 'https://api.test/v1'],
    ['https://api.test', 'https://api.test'],
    ['https://api.test/', 'https://api.test'],
    ['HTTPS://API.Test:443/V1', 'https://api.test/V1'],
    ['https://api.test:8443/a/b%20c', 'https://api.test:8443/a/b%20c'],
    ['http://localhost:11434/v1', 'http://localhost:11434/v1'],
    ['https://api.test/a/../v1', 'https://api.test/v1'],
    ['https://äpi.test/v1', 'https://xn--pi-uia.test/v1'],
    ['https://api.test//double', 'https://api.test//double'],
    [`https://api.test/v1${'/'.repeat(100_000)}`, 'https://api.test/v1'],
    // A line end of Windows, in a file of the environment.
    [' https://api.test/v1\r\n', 'https://api.test/v1'],
  ])('%.40s is taken', async (baseUrl, expected) => {
    const { fetch, urls } = recorder()
    const client = createClient({ baseUrl, fetch })
    expect(client.baseUrl).toBe(expected)
    await listModels(client)
    expect(urls).toEqual([`${expected}/models`])
  })

  it('may be a path in a page, of the address that the page has', async () => {
    if (!globalThis.location) {
      expect((await refusal({ baseUrl: '/api' })).message).toContain('baseUrl must be')
      vi.stubGlobal('location', new URL('https://app.test/chat/?room=1'))
    }
    const { origin } = new URL(globalThis.location.href)
    const { fetch, urls } = recorder()
    const client = createClient({ baseUrl: '/api/v1/', fetch })
    expect(client.baseUrl).toBe(`${origin}/api/v1`)
    await listModels(client)
    expect(urls).toEqual([`${origin}/api/v1/models`])
    for (const baseUrl of ['//evil.test/v1', '/\\evil.test', '/\t/evil.test', 'api', './api', '/api?key=1'])
      await refusal({ baseUrl })
  })

  it.each(['/chat/completions', '/completions', '/embeddings', '/responses', '/chat/completions/'])(
    'that ends in the path of an operation is refused with the right one: %s',
    async path => {
      const { message } = await refusal({ baseUrl: `https://api.test/v1${path}` })
      expect(message).toMatch(/ https:\/\/api\.test\/v1$/)
    },
  )

  it('is never that of a polluted prototype, which would get the key', () => {
    Object.defineProperty(Object.prototype, 'baseUrl', { value: 'https://evil.test', configurable: true })
    try {
      expect(createClient({ apiKey: KEY, allowBrowserKey: true }).baseUrl).toBe('https://api.openai.com/v1')
      expect(new LLMClient({ apiKey: KEY, allowBrowserKey: true }).baseUrl).toBe('https://api.openai.com/v1')
    } finally {
      Reflect.deleteProperty(Object.prototype, 'baseUrl')
    }
  })

  it('is the one of OpenAI where none is given', () => {
    expect(createClient().baseUrl).toBe('https://api.openai.com/v1')
  })

  it.each(
    [
      '',
      'api.test/v1',
      '//evil.test',
      'javascript:alert(1)',
      'file:///etc/passwd',
      'blob:https://api.test/x',
      'data:text/plain,x',
      'ftp://api.test',
      'ws://api.test',
      'https://api@evil.test',
      'https://user:pass@api.test',
      'https://api.test\\@evil.test',
      'https://api%2f@evil.test',
      'https://api.test/v1?key=1',
      'https://api.test/v1?',
      'https://api.test/v1#x',
      'https://api.test/v1#',
      'https://api.te\tst/v1',
      'https://api.test/v 1',
      'https://',
      'https://[::1',
      5,
      null,
      {},
    ].filter(value => value !== null),
  )('%j is refused', async baseUrl => {
    const { message } = await refusal({ baseUrl })
    expect(message).toMatch(/^baseUrl must be an http\(s\):\/\/ URL/)
    // The same for each: a key may be in what was given.
    expect(message).toBe((await refusal({ baseUrl: 'nonsense' })).message)
  })

  it('without TLS is for keys of this machine only', async () => {
    const key = { apiKey: () => KEY }
    for (const host of ['localhost', 'a.localhost', '127.0.0.1', '127.9.9.9', '[::1]', '127.1'])
      expect(createClient({ baseUrl: `http://${host}:8080/v1`, ...key }).baseUrl).toMatch(/^http:/)
    for (const host of [
      'api.test',
      '10.0.0.1',
      '0.0.0.0',
      '127.0.0.1.evil.test',
      'localhost.evil.test',
      '127.evil',
      '[::2]',
    ]) {
      const baseUrl = `http://${host}/v1`
      await refusal({ baseUrl, ...key })
      await refusal({ baseUrl, headers: { authorization: 'Basic abc' }, allowBrowserKey: true })
      await refusal({ baseUrl, headers: { 'x-api-key': 'abc' }, allowBrowserKey: true })
      expect(createClient({ baseUrl }).baseUrl).toBe(baseUrl)
      expect(createClient({ baseUrl, ...key, allowInsecure: true }).baseUrl).toBe(baseUrl)
    }
  })
})

describe('apiKey', () => {
  it.each([
    '',
    ' ',
    '\t\n',
    'a b',
    'a\u0000b',
    'a\r\nb',
    'schlüssel',
    'sk-“quoted”',
    'sk\u200b',
    `${'x'.repeat(1e5)}\u0000`,
  ])('%j is refused, also from a function', async apiKey => {
    const { message } = await refusal({ apiKey, allowBrowserKey: true })
    expect(message).toMatch(/^apiKey (is empty|must be ASCII without spaces)/)
    expect(message.length).toBeLessThan(100)
    if (apiKey.trim()) expect(message).not.toContain(apiKey)
    const { fetch, urls } = recorder()
    const error = await failureOf(listModels(clientOf(fetch, { apiKey: () => apiKey })))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(urls).toEqual([])
  })

  it.each([5, true, {}, [], null, undefined])('%s from a function is refused', async key => {
    const { fetch, urls } = recorder()
    const apiKey = (() => key) as unknown as () => string
    expect(await failureOf(listModels(clientOf(fetch, { apiKey })))).toBeInstanceOf(ConfigurationError)
    expect(urls).toEqual([])
  })

  it('loses the space around it', async () => {
    const { fetch, headers } = recorder()
    await listModels(clientOf(fetch, { apiKey: () => ` ${KEY}\n` }))
    await listModels(clientOf(fetch, { apiKey: `${KEY}\r\n`, allowBrowserKey: true }))
    expect(headers.map(all => all.get('authorization'))).toEqual([`Bearer ${KEY}`, `Bearer ${KEY}`])
  })

  it('may be left out', async () => {
    const { fetch, headers } = recorder()
    await listModels(createClient({ baseUrl: BASE, fetch }))
    expect(headers[0]!.has('authorization')).toBe(false)
  })

  it('in a browser must be allowed, or come from a function', async () => {
    for (const userAgent of [
      'Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/140',
      'Mozilla/5.0 Gecko/20100101 Firefox/140',
    ]) {
      vi.stubGlobal('navigator', { userAgent })
      const { message } = await refusal({ apiKey: KEY })
      expect(message).toContain('allowBrowserKey')
      await refusal({ headers: { authorization: `Bearer ${KEY}` } })
      await refusal({ headers: { 'api-key': KEY } })
      await refusal({ headers: new Headers({ 'X-Api-Key': KEY }) })
      createClient({ apiKey: KEY, allowBrowserKey: true })
      createClient({ apiKey: () => KEY })
      createClient()
    }
    for (const navigator of [
      undefined,
      {},
      { userAgent: 'Node.js/24' },
      { userAgent: 'Cloudflare-Workers' },
      { userAgent: 'Deno/2' },
    ]) {
      vi.stubGlobal('navigator', navigator)
      createClient({ apiKey: KEY })
    }
  })

  it('is asked for by each call for itself: what is under way may be the key of another tenant', async () => {
    const gate = deferred()
    let asked = 0
    const apiKey = async () => {
      const key = `key-${++asked}`
      await gate.promise
      return key
    }
    const { fetch, headers } = recorder()
    const client = clientOf(fetch, { apiKey })
    const calls = [listModels(client), listModels(client), listModels(client)]
    gate.resolve()
    await Promise.all(calls)
    await listModels(client)
    expect(headers.map(all => all.get('authorization'))).toEqual(
      [1, 2, 3, 4].map(number => `Bearer key-${number}`),
    )
  })

  it('that never comes is asked for anew by the next attempt', async () => {
    let asked = 0
    const apiKey = () => (++asked === 1 ? new Promise<string>(() => {}) : KEY)
    const { fetch, headers } = recorder()
    const policies = [retry({ maxRetries: 1, initialDelay: 0 }), timeout({ headers: 20 })]
    await listModels(clientOf(fetch, { apiKey, policies }))
    expect([asked, headers.map(all => all.get('authorization'))]).toEqual([2, [`Bearer ${KEY}`]])
  })

  it('that never comes costs one call, and no other', async () => {
    let isFirst = true
    const apiKey = () => {
      if (!isFirst) return KEY
      isFirst = false
      return new Promise<string>(() => {})
    }
    const { fetch, urls } = recorder()
    const client = clientOf(fetch, { apiKey })
    const controller = new AbortController()
    const hung = failureOf(listModels(client, { signal: controller.signal }))
    await listModels(client)
    expect(urls).toHaveLength(1)
    controller.abort('enough')
    expect(await hung).toBe('enough')
  })

  it('may stop being fetched where its call ends', async () => {
    const given: unknown[] = []
    const apiKey: KeyOption = ({ signal }) => {
      given.push(signal)
      return KEY
    }
    const { signal } = new AbortController()
    const client = clientOf(recorder().fetch, { apiKey })
    await listModels(client, { signal })
    await listModels(client)
    expect(given).toEqual([signal, undefined])
  })

  it('that cannot be had fails the call, and not the next', async () => {
    const reason = new Error('signed out')
    let state: 'throw' | 'reject' | 'fine' = 'throw'
    const { fetch, urls } = recorder()
    const apiKey = (): string | Promise<string> => {
      if (state === 'throw') throw reason
      return state === 'reject' ? Promise.reject(reason) : KEY
    }
    const client = clientOf(fetch, { apiKey })
    for (const next of ['reject', 'fine'] as const) {
      const error = await failureOf(listModels(client))
      expect(error).toBeInstanceOf(ConfigurationError)
      expect(error.cause).toBe(reason)
      expect(error.retryable).toBe(false)
      state = next
    }
    await listModels(client)
    expect(urls).toHaveLength(1)
  })

  it('that takes for ever ends with the call', async () => {
    const { fetch, urls } = recorder()
    const controller = new AbortController()
    const client = clientOf(fetch, { apiKey: () => new Promise(() => {}) })
    const failing = failureOf(listModels(client, { signal: controller.signal }))
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await failing).toBe(reason)
    expect(urls).toEqual([])
  })

  it.each([
    ['https://api.test/v1', 'https://evil.test/v1/models'],
    ['https://api.test', 'https://api.test.evil.test/models'],
    ['https://api.test', 'https://api.test:8443/models'],
    ['https://api.test', 'https://api.test@evil.test/models'],
    ['https://api.test', 'http://api.test/models'],
  ])('of %s does not go to %s, where a policy sends the call', async (baseUrl, target) => {
    const { fetch, urls, headers } = recorder()
    const client = clientOf(fetch, { baseUrl, policies: [next => (_, init) => next(target, init)] })
    await listModels(client)
    expect(urls).toEqual([target])
    expect(headers[0]!.has('authorization')).toBe(false)
  })

  it('is seen by no policy', async () => {
    const seen: string[] = []
    const { fetch } = recorder()
    const apiKey = () => KEY
    const client = clientOf(fetch, {
      apiKey,
      policies: [
        next => (url, init) => {
          seen.push(JSON.stringify([...new Headers(init.headers)]))
          return next(url, init)
        },
      ],
    })
    await listModels(client)
    expect(seen).toHaveLength(1)
    expect(seen[0]).not.toContain(KEY)
  })
})

describe('headers', () => {
  it.each<[unknown]>([
    [{ 'bad name': 'x' }],
    ...(isWorkerd ? [] : ([[{ 'Kelvin-\u212a': 'x' }], [{ '': 'x' }], [{ 'x-a': '漢字' }]] as [unknown][])),
    [{ 'x-a': 'line\r\nbreak' }],
    [{ 'x-a': 'a\u0000b' }],
    [{ 'x-a': 5 }],
    [{ 'x-a': ['a'] }],
    [{ 'x-a': {} }],
    [{ 'x-a': Symbol('s') }],
    [5],
    [
      new (class Own {
        'x-a' = 'b'
      })(),
    ],
  ])('%j are refused without their value, set for a client or a call', async headers => {
    const { message } = await refusal({ headers })
    expect(message).not.toMatch(/break|漢字/)
    const { fetch, urls } = recorder()
    const failure = await failureOf(listModels(clientOf(fetch), { headers } as object))
    expect(failure.name).toBe('ValidationError')
    expect(failure.message).not.toMatch(/break|漢字/)
    expect(failure.issues[0].path).toMatch(/^headers/)
    expect(urls).toEqual([])
  })

  it('may be in anything that has pairs', async () => {
    class ForeignHeaders {
      *[Symbol.iterator](): Generator<[string, string]> {
        yield ['x-tenant', 'mine']
      }
    }
    const { fetch, headers } = recorder()
    for (const given of [
      new ForeignHeaders(),
      new Map([['X-Tenant', 'mine']]),
      [['x-tenant', 'mine']] as [string, string][],
      Object.assign(Object.create(null), { 'X-TENANT': 'mine' }) as object,
    ] as NonNullable<ClientConfig['headers']>[]) {
      await listModels(clientOf(fetch, { headers: given }))
      await listModels(clientOf(fetch), { headers: given })
    }
    expect(headers.map(all => all.get('x-tenant'))).toEqual(Array(8).fill('mine'))
  })

  it.each([
    'connection',
    'content-length',
    'expect',
    'Host',
    'keep-alive',
    'te',
    'trailer',
    'Transfer-Encoding',
    'upgrade',
  ])('of one hop are for fetch to set: %s is refused', async name => {
    const headers = { [name]: '5' }
    await refusal({ headers })
    const { fetch, urls } = recorder()
    const failure = await failureOf(listModels(clientOf(fetch), { headers }))
    expect(failure.name).toBe('ValidationError')
    expect(failure.issues).toHaveLength(1)
    expect(failure.issues[0].path).toMatch(new RegExp(`^headers\\W+${name}\\b`))
    expect(urls).toEqual([])
  })

  it('whose name could forge a line of a log are named in JSON', async () => {
    const failure = await failureOf(listModels(clientOf(recorder().fetch), { headers: { 'a\nb': 'x' } }))
    expect(failure.issues).toMatchObject([{ path: 'headers["a\\nb"]' }])
    expect(failure.message).not.toContain('\n')
  })

  it('of a client go with each request', async () => {
    const { fetch, headers } = recorder()
    await listModels(clientOf(fetch, { headers: { 'X-Title': 'mine', 'x-none': undefined } }))
    await listModels(clientOf(fetch, { headers: new Headers({ 'X-Title': 'mine' }) }))
    for (const sent of headers) expect(sent.get('x-title')).toBe('mine')
    expect(headers[0]!.has('x-none')).toBe(false)
  })

  it('may take the place of the key', async () => {
    const { fetch, headers } = recorder()
    const own = { authorization: 'Token abc' }
    await listModels(clientOf(fetch, { headers: own, allowBrowserKey: true }))
    await listModels(clientOf(fetch, { headers: { authorization: null } }))
    expect(headers.map(sent => sent.get('authorization'))).toEqual(['Token abc', null])
  })

  it('with an empty token are sent as they are, and not signed with the key of the client', async () => {
    const { fetch, headers } = recorder()
    for (const authorization of ['Bearer ', 'Bearer', '']) {
      await listModels(clientOf(fetch, { allowBrowserKey: true }), { headers: { authorization } })
      expect(headers.pop()!.get('authorization')).toBe(authorization.trim())
    }
  })

  it('are no more than these', async () => {
    const fetch = createFakeFetch()
    const client = clientOf(fetch)
    await createChatCompletion(client, chatRequest)
    await createEmbedding(client, { model: 'fake-embed', input: 'x' })
    await listModels(client)
    const names = fetch.requests.map(({ headers }) => Object.keys(headers).sort())
    expect(names).toEqual([
      ['accept', 'authorization', 'content-type'],
      ['accept', 'authorization', 'content-type'],
      ['accept', 'authorization'],
    ])
    expect(fetch.requests.map(({ method, headers }) => [method, headers.accept])).toEqual([
      ['POST', 'application/json'],
      ['POST', 'application/json'],
      ['GET', 'application/json'],
    ])
  })
})

describe('a client', () => {
  it('is frozen and tells only its address', () => {
    const client = createClient({ apiKey: () => KEY, headers: { 'x-more': KEY } })
    expect(Object.isFrozen(client)).toBe(true)
    expect(JSON.stringify(client)).toBe('{"baseUrl":"https://api.openai.com/v1"}')
    expect(Object.getOwnPropertyNames(client).sort()).toEqual(['baseUrl', 'request'])
    expect(Object.getOwnPropertySymbols(client)).toEqual([])
    expect(() => structuredClone(client)).toThrow()
  })

  it('does not see what happens to its configuration later', async () => {
    const { fetch, urls, headers } = recorder()
    const config = {
      baseUrl: BASE,
      headers: { 'x-a': 'before' } as Record<string, string>,
      query: { a: 1 },
      fetch,
    }
    const client = createClient(config)
    config.baseUrl = 'https://evil.test'
    config.headers['x-a'] = 'after'
    await listModels(client)
    expect(urls[0]).toBe(`${BASE}/models?a=1`)
    expect(headers[0]!.get('x-a')).toBe('before')
  })

  it("uses the runtime's fetch as it is at the call", async () => {
    const client = createClient({ baseUrl: BASE })
    const fetch = vi.fn(async () => json({ object: 'list', data: [] }))
    vi.stubGlobal('fetch', fetch)
    await listModels(client)
    expect(fetch).toHaveBeenCalledOnce()
  })

  it('calls fetch as a function of nobody: browsers insist', async () => {
    let self: unknown = 'none'
    function fetch(this: unknown): Promise<Response> {
      self = this
      return Promise.resolve(json({ object: 'list', data: [] }))
    }
    await listModels(clientOf(fetch))
    // A method call would make it the settings, and `fetch` throws "Illegal invocation".
    expect([undefined, globalThis]).toContain(self)
  })

  it('makes nothing but typed calls: an operation of your own', async () => {
    const fetch = vi.fn<Fetch>(async () => json({ some_thing: 1 }))
    const client = clientOf(fetch)
    const answer = await client.request<{ some_thing: number }>({
      name: 'createThing',
      route: 'PUT /things',
      body: { aB: 1 },
      read: async response => ({ data: await response.json() }),
    })
    expect(answer).toEqual({ some_thing: 1 })
    expect(await client.request({ name: 'createThing', route: 'PUT /things', body: {} })).toEqual({
      someThing: 1,
    })
    expect(fetch.mock.calls[0]![0]).toBe(`${BASE}/things`)
    expect(fetch.mock.calls[0]![1].method).toBe('PUT')
    expect(fetch.mock.calls[0]![1].body).toBe('{"a_b":1}')
  })

  it.each(['@evil.test/', '.evil.test', ':8080/x', '\\@evil.test', '//evil.test/../..//x'])(
    'does not let a path leave the service: %s',
    async path => {
      const { fetch, urls } = recorder()
      const client = clientOf(fetch, { baseUrl: 'https://api.test' })
      const work = client.request({ name: 'x', route: `GET ${path}` })
      await work.catch(error => expect(error).toBeInstanceOf(ConfigurationError))
      for (const url of urls) expect(new URL(url).origin).toBe('https://api.test')
    },
  )
})

describe('policies', () => {
  const order: string[] = []
  const tag =
    (name: string) =>
    (next: Fetch): Fetch =>
    async (url, init) => {
      order.push(`${name} in`)
      const response = await next(url, init)
      order.push(`${name} out`)
      return response
    }

  it('are asked from the first to the last', async () => {
    order.length = 0
    const { fetch } = recorder()
    await listModels(clientOf(fetch, { policies: [tag('a'), tag('b')] }))
    expect(order).toEqual(['a in', 'b in', 'b out', 'a out'])
  })

  it('may answer themselves, and are held to the same rules', async () => {
    const { fetch, urls } = recorder()
    const answering = (response: Response) => clientOf(fetch, { policies: [() => async () => response] })
    const answer = await createChatCompletion(answering(json(completion)), chatRequest).withResponse()
    expect(answer).toMatchObject({ attempts: 0, status: 200, data: { id: 'chatcmpl-1' } })
    expect(
      await failureOf(createChatCompletion(answering(json({}, { status: 503 })), chatRequest)),
    ).toMatchObject({
      name: 'ServerError',
      retryable: true,
    })
    expect((await failureOf(createChatCompletion(answering(new Response('x')), chatRequest))).name).toBe(
      'ProtocolError',
    )
    expect(urls).toEqual([])
  })

  it('may hand on a copy of the answer, and read the answer', async () => {
    const texts: string[] = []
    const client = clientOf(async () => json(completion), {
      policies: [
        next => async (url, init) => {
          const response = await next(url, init)
          texts.push(await response.clone().text())
          return new Response(response.body, response)
        },
      ],
    })
    expect(await createChatCompletion(client, chatRequest)).toMatchObject({ id: 'chatcmpl-1' })
    expect(texts).toEqual([JSON.stringify(completion)])
  })

  it('may change the request', async () => {
    const fetch = vi.fn<Fetch>(async () => json(completion))
    const client = clientOf(fetch, {
      policies: [
        next => (url, init) =>
          next(`${url}?traced=1`, {
            ...init,
            headers: { ...Object.fromEntries(new Headers(init.headers)), 'x-trace': '1' },
          }),
      ],
    })
    await createChatCompletion(client, chatRequest)
    const [url, init] = fetch.mock.calls[0]!
    expect(url).toBe(`${BASE}/chat/completions?traced=1`)
    expect(new Headers(init.headers).get('x-trace')).toBe('1')
    expect(new Headers(init.headers).get('authorization')).toBe(`Bearer ${KEY}`)
  })
})
