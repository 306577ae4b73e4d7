import { describe, expect, inject, it, vi } from 'vitest'
import {
  type CallOptions,
  ConfigurationError,
  createChatCompletion,
  createClient,
  type Fetch,
  listModels,
  streamChatCompletion,
  ValidationError,
} from '../../src/index.ts'
import { createFakeFetch } from '../../src/testing/index.ts'
import { BASE, chatRequest, clientOf, completion, deferred, failureOf, json, KEY } from './harness.ts'

function spy(): ReturnType<typeof vi.fn<Fetch>> {
  return vi.fn<Fetch>(async () => json(completion))
}

/** What was sent of the only call. */
async function sent(
  options: CallOptions,
  config = {},
): Promise<{ url: string; headers: Headers; body: string }> {
  const fetch = spy()
  await createChatCompletion(clientOf(fetch, config), chatRequest, options)
  const [url, { headers, body }] = fetch.mock.calls[0]!
  return { url, headers: new Headers(headers), body: body as string }
}

function hanging(): { fetch: Fetch; started: Promise<void> } {
  const { promise: started, resolve } = deferred()
  const fetch: Fetch = (_, { signal }) => {
    resolve()
    return new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)))
  }
  return { fetch, started }
}

describe('signal', () => {
  it('that was aborted before sends nothing', async () => {
    const fetch = spy()
    const reason = new Error('mine')
    const signal = AbortSignal.abort(reason)
    expect(await failureOf(createChatCompletion(clientOf(fetch), chatRequest, { signal }))).toBe(reason)
    expect(fetch).not.toHaveBeenCalled()
  })

  it.each([
    ['an error', new Error('mine')],
    ['a frozen error', Object.freeze(new Error('mine'))],
    ['a DOMException', new DOMException('late', 'TimeoutError')],
    ['a text', 'mine'],
    ['null', null],
    [
      'an object that throws',
      Object.defineProperty({}, 'message', {
        get: () => {
          throw new Error('trap')
        },
      }),
    ],
  ])('gives its own reason: %s', async (_, reason) => {
    const { fetch, started } = hanging()
    const controller = new AbortController()
    const failing = createChatCompletion(clientOf(fetch), chatRequest, controller).then(
      () => 'no failure',
      (error: unknown) => [error],
    )
    await started
    controller.abort(reason)
    const failure = await failing
    expect((failure as unknown[])[0]).toBe(controller.signal.reason)
  })

  it('without a reason gives an AbortError', async () => {
    const { fetch, started } = hanging()
    const controller = new AbortController()
    const failing = failureOf(createChatCompletion(clientOf(fetch), chatRequest, controller))
    await started
    controller.abort()
    expect((await failing).name).toBe('AbortError')
  })

  it('ends a fetch that does not listen to it, and the answer that comes too late', async () => {
    const started = deferred()
    const gate = deferred<Response>()
    const controller = new AbortController()
    const cancel = vi.fn()
    const fetch: Fetch = () => {
      started.resolve()
      return gate.promise
    }
    const failing = failureOf(createChatCompletion(clientOf(fetch), chatRequest, controller))
    await started.promise
    controller.abort(new Error('mine'))
    expect((await failing).message).toBe('mine')
    gate.resolve(new Response(new ReadableStream({ cancel })))
    await vi.waitFor(() => expect(cancel).toHaveBeenCalledOnce())
  })

  it.each([200, 500])('ends the reading of a body, of a %i', async status => {
    const controller = new AbortController()
    const cancel = vi.fn()
    const reading = deferred()
    const body = new ReadableStream<Uint8Array>(
      { pull: () => reading.resolve(), cancel },
      { highWaterMark: 0 },
    )
    const failing = failureOf(
      createChatCompletion(
        clientOf(async () => new Response(body, { status })),
        chatRequest,
        controller,
      ),
    )
    await reading.promise
    const reason = new Error('mine')
    controller.abort(reason)
    expect(await failing).toBe(reason)
    await vi.waitFor(() => expect(cancel).toHaveBeenCalled())
  })

  it('does not matter after the call', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const remove = vi.spyOn(signal, 'removeEventListener')
    const add = vi.spyOn(signal, 'addEventListener')
    await Promise.all(
      Array.from({ length: 20 }, () => createChatCompletion(clientOf(spy()), chatRequest, { signal })),
    )
    const first = add.mock.calls[0]![1]
    expect(add.mock.calls.every(([, listener]) => listener === first)).toBe(true)
    expect(remove).toHaveBeenCalled()
    controller.abort()
  })

  it('closes the connection to a real server', async () => {
    const client = createClient({
      baseUrl: inject('fakeServer'),
      headers: { 'x-fake-fault': '{"stall":"headers"}' },
    })
    const signal = AbortSignal.timeout(50)
    expect(await failureOf(createChatCompletion(client, chatRequest, { signal }))).toBe(signal.reason)
  })

  it('may be null', async () => {
    expect(await createChatCompletion(clientOf(spy()), chatRequest, { signal: null })).toMatchObject({
      id: 'chatcmpl-1',
    })
  })
})

describe('headers', () => {
  it('come after those of the client, and null removes one', async () => {
    const config = { headers: { 'x-a': 'client', 'x-b': 'client', 'x-c': 'client' } }
    const { headers } = await sent({ headers: { 'X-A': 'call', 'x-b': null, 'x-c': undefined } }, config)
    expect(['x-a', 'x-b', 'x-c'].map(name => headers.get(name))).toEqual(['call', null, 'client'])
  })

  it('may remove the key, or take its place', async () => {
    expect((await sent({ headers: { Authorization: null } })).headers.has('authorization')).toBe(false)
    const other = { headers: { authorization: 'Bearer other' } }
    const { headers } = await sent(other, { allowBrowserKey: true })
    expect(headers.get('authorization')).toBe('Bearer other')
    expect((await sent({})).headers.get('authorization')).toBe(`Bearer ${KEY}`)
  })

  it('must not take a key where the client must not have one', async () => {
    const fetch = spy()
    const client = createClient({ baseUrl: 'http://192.0.2.1/v1', fetch })
    const key = { headers: { 'api-key': KEY } }
    expect(await failureOf(createChatCompletion(client, chatRequest, key))).toBeInstanceOf(ConfigurationError)
    expect(fetch).not.toHaveBeenCalled()
  })

  it('may change what is accepted', async () => {
    const { headers } = await sent({
      headers: new Headers({ accept: 'text/plain', 'content-type': 'application/x' }),
    })
    expect([headers.get('accept'), headers.get('content-type')]).toEqual(['text/plain', 'application/x'])
  })

  it('do not stay', async () => {
    const fetch = spy()
    const client = clientOf(fetch)
    await createChatCompletion(client, chatRequest, { headers: { 'x-a': '1' } })
    await createChatCompletion(client, chatRequest)
    expect(fetch.mock.calls.map(([, { headers }]) => new Headers(headers).get('x-a'))).toEqual(['1', null])
  })
})

describe('query', () => {
  it('comes after that of the client', async () => {
    const config = { query: { 'api-version': '2024-10-21', a: 1, gone: undefined } }
    const { url } = await sent({ query: { a: 'x y&z', flag: true, none: undefined } }, config)
    expect(url).toBe(`${BASE}/chat/completions?api-version=2024-10-21&a=x+y%26z&flag=true`)
  })

  it('removes one of the client by null, and leaves it alone by undefined, as headers do', async () => {
    const config = { query: { a: 1 } }
    expect((await sent({ query: { a: null } }, config)).url).toBe(`${BASE}/chat/completions`)
    expect((await sent({ query: { a: undefined } }, config)).url).toBe(`${BASE}/chat/completions?a=1`)
  })

  it('sends a list one by one, in place of what the client has', async () => {
    const { url } = await sent({ query: { a: ['x', 2] } }, { query: { a: 1 } })
    expect(url).toBe(`${BASE}/chat/completions?a=x&a=2`)
  })

  it.each([[{}], [Symbol('s')], [[null]], [() => 1], [1n]])(
    'that cannot be written is a ValidationError, and nothing is sent',
    async value => {
      const fetch = spy()
      const query = { a: value } as unknown as CallOptions['query']
      const failure = await failureOf(createChatCompletion(clientOf(fetch), chatRequest, { query }))
      expect(failure).toBeInstanceOf(ValidationError)
      expect(failure.issues).toMatchObject([{ path: 'query.a' }])
      expect(fetch).not.toHaveBeenCalled()
    },
  )
})

describe('idempotencyKey', () => {
  it('is a header, and off unless it is given', async () => {
    expect((await sent({ idempotencyKey: 'once' })).headers.get('idempotency-key')).toBe('once')
    expect((await sent({})).headers.has('idempotency-key')).toBe(false)
  })

  it('must be fit to be one', async () => {
    const failure = await failureOf(
      createChatCompletion(clientOf(spy()), chatRequest, { idempotencyKey: 'a\nb' }),
    )
    expect(failure).toBeInstanceOf(ValidationError)
    expect(failure.message).not.toContain('a\nb')
  })

  it('passes the preflight of a strict server', async () => {
    const client = createClient({ baseUrl: inject('fakeServer') })
    const answer = await createChatCompletion(client, chatRequest, { idempotencyKey: 'once' })
    expect(answer.choices).toHaveLength(1)
  })
})

describe('extraBody', () => {
  it('is merged last, and verbatim', async () => {
    const extraBody = {
      guided_json: { propertyName: { aB: 1 } },
      chatTemplateArgs: { c_d: 1 },
      model: 'other',
    }
    const body = JSON.parse((await sent({ extraBody })).body)
    expect(body).toEqual({ ...chatRequest, ...extraBody })
  })

  it('does not decide whether it is a stream', async () => {
    const extraBody = { stream: true }
    expect(JSON.parse((await sent({ extraBody })).body)).not.toHaveProperty('stream')
    const fetch = createFakeFetch()
    for await (const _ of streamChatCompletion(
      clientOf(fetch),
      { ...chatRequest, stream: false },
      { extraBody: { stream: false } },
    ));
    expect(fetch.requests[0]?.body).toMatchObject({ stream: true })
  })

  it('must be JSON', async () => {
    const extraBody = { a: [Number.NaN], b: 1n }
    const failure = await failureOf(createChatCompletion(clientOf(spy()), chatRequest, { extraBody }))
    expect(failure).toBeInstanceOf(ValidationError)
    expect(failure.issues.map(({ path }: { path: string }) => path)).toEqual(['a[0]', 'b'])
  })

  it('keeps own keys that look dangerous', async () => {
    const extraBody = JSON.parse('{"__proto__":{"aB":1},"constructor":1}')
    expect((await sent({ extraBody })).body).toContain('"__proto__":{"aB":1},"constructor":1')
  })
})

describe('maxRetries and timeout', () => {
  it.each([{ maxRetries: 1 }, { timeout: 100 }, { timeout: { total: 5 } }])(
    'need a policy that obeys them: %j',
    async options => {
      const fetch = spy()
      expect(await failureOf(createChatCompletion(clientOf(fetch), chatRequest, options))).toBeInstanceOf(
        ConfigurationError,
      )
      expect(fetch).not.toHaveBeenCalled()
    },
  )

  it('of 0 ask for nothing', async () => {
    await sent({ maxRetries: 0, timeout: 0 })
  })
})

describe('stream: true in the request', () => {
  it('does not turn a plain call into a stream', async () => {
    const fetch = spy()
    await createChatCompletion(clientOf(fetch), { ...chatRequest, stream: true })
    expect(fetch.mock.calls[0]![1].body).not.toContain('stream')
  })
})

describe('the request', () => {
  it('is fixed when the call is made', async () => {
    const gate = deferred<string>()
    const fetch = spy()
    const request = structuredClone(chatRequest) as unknown as {
      model: string
      messages: { content: string }[]
    }
    const headers = { 'x-a': 'before' }
    const work = createChatCompletion(clientOf(fetch, { apiKey: () => gate.promise }), request as never, {
      headers,
    })
    request.model = 'changed'
    request.messages[0]!.content = 'changed'
    headers['x-a'] = 'changed'
    gate.resolve(KEY)
    await work
    expect(JSON.parse(fetch.mock.calls[0]![1].body as string)).toEqual(chatRequest)
    expect(new Headers(fetch.mock.calls[0]![1].headers).get('x-a')).toBe('before')
  })

  it('is not changed, frozen or not, in however many calls', async () => {
    const fetch = createFakeFetch()
    const request = Object.freeze({ ...structuredClone(chatRequest), maxTokens: 5 })
    Object.freeze(request.messages)
    const before = JSON.stringify(request)
    await Promise.all(Array.from({ length: 100 }, () => createChatCompletion(clientOf(fetch), request)))
    expect(JSON.stringify(request)).toBe(before)
    expect(new Set(fetch.requests.map(({ body }) => JSON.stringify(body))).size).toBe(1)
  })

  it('that cannot be sent is a ValidationError, and nothing is sent', async () => {
    const fetch = spy()
    const request = { ...chatRequest, temperature: Number.NaN, seed: 1n, x: { y: new Map() } }
    const failure = await failureOf(createChatCompletion(clientOf(fetch), request as never))
    expect(failure).toBeInstanceOf(ValidationError)
    expect(failure.issues.map(({ path }: { path: string }) => path)).toEqual(['temperature', 'seed', 'x.y'])
    expect(fetch).not.toHaveBeenCalled()
  })
})

describe('withResponse', () => {
  it('tells what was around the answer', async () => {
    const fetch = createFakeFetch({ faults: { headers: { 'x-served-by': 'me' } } })
    const { data, status, headers, requestId, latencyMs, attempts } = await createChatCompletion(
      clientOf(fetch),
      chatRequest,
    ).withResponse()
    expect(data.choices).toHaveLength(1)
    expect({ status, requestId, attempts }).toEqual({ status: 200, requestId: 'req_fake_1', attempts: 1 })
    expect(headers.get('x-served-by')).toBe('me')
    expect(latencyMs).toBeGreaterThanOrEqual(0)
  })

  it('and the promise itself are of one call', async () => {
    const fetch = spy()
    const result = createChatCompletion(clientOf(fetch), chatRequest)
    const [data, response, again] = await Promise.all([result, result.withResponse(), result.withResponse()])
    expect(response.data).toBe(data)
    expect(again).toEqual(response)
    expect(again.data).toBe(data)
    expect(fetch).toHaveBeenCalledOnce()
  })

  it('knows no request id where the service gives none', async () => {
    const { requestId } = await createChatCompletion(clientOf(spy()), chatRequest).withResponse()
    expect(requestId).toBeUndefined()
  })

  it('rejects as the promise does', async () => {
    const client = clientOf(async () => json({}, { status: 503 }))
    const result = listModels(client)
    const error = await failureOf(result)
    expect(await failureOf(result.withResponse())).toBe(error)
  })
})
