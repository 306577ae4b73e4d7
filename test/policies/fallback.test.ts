import { describe, expect, it, vi } from 'vitest'
import {
  type CallOptions,
  type ClientConfig,
  ConfigurationError,
  circuitBreaker,
  collectText,
  createChatCompletion,
  createClient,
  type FailedService,
  type FallbackOptions,
  type FallbackTarget,
  type Fetch,
  type FetchInit,
  fallback,
  listModels,
  type Policy,
  retry,
  streamChatCompletion,
  timeout,
} from '../../src/index.ts'
import { createTranscription } from '../../src/openai/index.ts'
import { createFakeFetch, type Fault } from '../../src/testing/index.ts'
import { BASE, chatRequest, clientOf, failureOf, KEY } from '../client/harness.ts'
import { never, policyContract } from './contract.ts'

const SECOND = 'https://second.test/api/v1'
const THIRD = 'https://third.test/v1'

/** Keys come from functions, which pages may have too. */
const second: FallbackTarget = { baseUrl: `${SECOND}/`, apiKey: () => 'sk-second', model: 'fake-large' }
const third: FallbackTarget = { baseUrl: THIRD, apiKey: () => 'sk-third' }

/** Three services behind one fetch, each with its own faults. */
function services(faults: { first?: Fault; second?: Fault; third?: Fault }) {
  const fetch = createFakeFetch({
    faults: ({ url }) =>
      faults[url.startsWith(SECOND) ? 'second' : url.startsWith(THIRD) ? 'third' : 'first'],
  })
  return {
    fetch,
    /** Which were asked, in order. */
    asked: () => fetch.requests.map(({ url }) => /first|second|third|api\.test/.exec(url)![0]),
  }
}

function setUp(
  faults: Parameters<typeof services>[0],
  options: Partial<FallbackOptions> = {},
  policies: Policy[] = [],
  config: ClientConfig = {},
) {
  const { fetch, asked } = services(faults)
  const failed: FailedService[] = []
  const onFallback = (one: FailedService) => failed.push(one)
  const client = clientOf(fetch, {
    ...config,
    policies: [fallback({ to: [second, third], onFallback, ...options }), ...policies],
  })
  const ask = (call?: CallOptions) => createChatCompletion(client, chatRequest, call).withResponse()
  return { client, fetch, asked, failed, ask }
}

policyContract('fallback', () => fallback({ to: [third], baseUrl: 'https://api.test/v1' }), [
  { name: 'when', create: () => fallback({ to: [third], baseUrl: 'https://api.test/v1', when: never }) },
  {
    name: 'the key of the next service',
    create: () => fallback({ to: [{ ...third, apiKey: never }], baseUrl: 'https://api.test/v1' }),
  },
])

describe('moving on', () => {
  it('asks the next service, as a request of its own', async () => {
    const { fetch, ask, failed } = setUp({ first: { status: 503 } })
    const { data, headers, attempts } = await ask({ idempotencyKey: 'once' })
    expect([data.model, attempts]).toEqual(['fake-large', 2])
    expect(headers.get('x-llmfetch-target')).toBe(SECOND)
    const [first, moved] = fetch.requests
    expect(moved).toMatchObject({ method: 'POST', url: `${SECOND}/chat/completions` })
    expect(moved!.headers).toEqual({
      accept: 'application/json',
      authorization: 'Bearer sk-second',
      'content-type': 'application/json',
      'idempotency-key': 'once',
    })
    expect(moved!.body).toEqual({ ...(first!.body as object), model: 'fake-large' })
    expect(failed).toMatchObject([{ from: BASE, to: SECOND, error: { status: 503 }, response: undefined }])
  })

  it('names its own model in a form, too, and leaves the form of the first alone', async () => {
    const models: unknown[] = []
    const forms: FormData[] = []
    const client = createClient({
      baseUrl: BASE,
      policies: [fallback({ to: [{ baseUrl: SECOND, model: 'whisper-large' }] })],
      async fetch(_, init) {
        forms.push(init.body as FormData)
        models.push(forms.at(-1)!.get('model'))
        return forms.length > 1 ? Response.json({ text: 'Hi' }) : new Response('', { status: 503 })
      },
    })
    const file = new File(['sound'], 'a.mp3')
    await createTranscription(client, { file, model: 'whisper-1' })
    expect(models).toEqual(['whisper-1', 'whisper-large'])
    expect(forms.map(form => form.get('model'))).toEqual(models)
    expect((forms[1]!.get('file') as File).name).toBe('a.mp3')
  })

  it('says nothing where the first service answered', async () => {
    const { ask, asked } = setUp({})
    expect((await ask()).headers.has('x-llmfetch-target')).toBe(false)
    expect(asked()).toEqual(['api.test'])
  })

  it.each<[string, Fault]>([
    ['a failed connection', { reset: 'headers' }],
    ['a broken answer', { reset: 1 }],
    ['a 429', { status: 429 }],
    ['a spent quota', { status: 429, body: { error: { code: 'insufficient_quota' } } }],
    ['a 500', { status: 500 }],
    ['a 529', { status: 529 }],
  ])('happens at %s', async (_, first) => {
    const { ask, asked } = setUp({ first, second: first })
    expect((await ask()).headers.get('x-llmfetch-target')).toBe(THIRD)
    expect(asked()).toEqual(['api.test', 'second', 'third'])
  })

  it.each([400, 401, 403, 404, 408, 409, 413, 422])('does not happen at a %i', async status => {
    const { ask, asked } = setUp({ first: { status } })
    expect((await failureOf(ask())).status).toBe(status)
    expect(asked()).toEqual(['api.test'])
  })

  it('does not happen at an answer that breaks the contract', async () => {
    const { ask, asked } = setUp({ first: { garbage: 'html' } })
    expect((await failureOf(ask())).name).toBe('ProtocolError')
    expect(asked()).toEqual(['api.test'])
  })

  it('does not happen at an abort', async () => {
    const { client, asked, fetch } = setUp({ first: { stall: 'headers' } })
    const controller = new AbortController()
    const failing = failureOf(createChatCompletion(client, chatRequest, { signal: controller.signal }))
    await vi.waitFor(() => expect(fetch.requests).toHaveLength(1))
    controller.abort('mine')
    expect(await failing).toBe('mine')
    expect(asked()).toEqual(['api.test'])
  })

  it('ends with the failure of the last, and stops at a bad request', async () => {
    const down = { status: 503 }
    const all = setUp({ first: down, second: down, third: { status: 500 } })
    expect(await failureOf(all.ask())).toMatchObject({ name: 'ServerError', status: 500 })
    const bad = setUp({ first: down, second: { status: 401 } })
    expect(await failureOf(bad.ask())).toMatchObject({ name: 'AuthenticationError' })
    expect(bad.asked()).toEqual(['api.test', 'second'])
  })

  it('happens at a headers timeout and an open circuit, once the retries are spent', async () => {
    const policies = [
      retry({ maxRetries: 2, initialDelay: 1 }),
      circuitBreaker({ failureThreshold: 3 }),
      timeout({ headers: 30 }),
    ]
    const { ask, asked } = setUp({ first: { stall: 'headers' } }, {}, policies)
    await ask()
    expect(asked()).toEqual(['api.test', 'api.test', 'api.test', 'second'])
    await ask()
    expect(asked().slice(4)).toEqual(['second'])
  })

  it('does not happen after a deadline over all', async () => {
    const { fetch, asked } = services({ first: { stall: 'headers' } })
    const when = vi.fn(() => true)
    const client = clientOf(fetch, { policies: [timeout({ total: 30 }), fallback({ to: [second], when })] })
    expect(await failureOf(createChatCompletion(client, chatRequest))).toMatchObject({ phase: 'total' })
    expect(when).not.toHaveBeenCalled()
    expect(asked()).toEqual(['api.test'])
  })

  it('happens in a stream until its first event, and never after', async () => {
    const read = async (first: Fault) => {
      const { client, asked } = setUp({ first })
      const stream = streamChatCompletion(client, chatRequest)
      let chunks = 0
      const error = await (async () => {
        for await (const _ of stream) chunks++
      })().catch(error => error)
      const target = (await stream.response).headers.get('x-llmfetch-target')
      return { asked: asked(), chunks, name: error?.name, target }
    }
    for (const early of [{ status: 503 }, { reset: 0 }, { cut: 0 }] as Fault[])
      expect(await read(early)).toMatchObject({
        asked: ['api.test', 'second'],
        name: undefined,
        target: SECOND,
      })
    for (const late of [{ reset: 2 }, { cut: 2 }] as Fault[])
      expect(await read(late)).toEqual({
        asked: ['api.test'],
        chunks: 2,
        name: 'IncompleteStreamError',
        target: null,
      })
  })

  it('has the address of the service that failed in the error, in a stream too', async () => {
    const down = { status: 503 }
    for (const fault of [{ status: 401 }, { reset: 0 }, { cut: 2 }, { stall: 'headers' }] as Fault[]) {
      const { client } = setUp({ first: down, second: fault }, { to: [second] }, [timeout({ headers: 30 })])
      const error = await failureOf(collectText(streamChatCompletion(client, chatRequest)))
      expect(error.url).toBe(`${SECOND}/chat/completions`)
      expect(error.message).toContain('POST second.test/api/v1/chat/completions: ')
    }
  })

  it('keeps the body of a GET empty', async () => {
    const { client, fetch } = setUp({ first: { status: 503 } })
    await listModels(client)
    expect(fetch.requests[1]).toMatchObject({ method: 'GET', path: '/api/v1/models', body: undefined })
  })
})

describe('secrets', () => {
  it('none of the first service reach another, nor does anything the caller set for it', async () => {
    const headers = {
      'api-key': 'secret-1',
      'x-goog-api-key': 'secret-2',
      cookie: 'secret-3',
      'proxy-authorization': 'secret-4',
      'cf-access-client-secret': 'secret-5',
      'openai-organization': 'secret-6',
    }
    const config = { query: { key: 'secret-7' }, headers, allowBrowserKey: true }
    const { ask, fetch } = setUp({ first: { status: 503 } }, {}, [], config)
    await ask({ headers: { 'x-api-key': 'secret-8' }, query: { token: 'secret-9' } })
    expect(JSON.stringify(fetch.requests[0])).toContain(KEY)
    expect(JSON.stringify(fetch.requests[1])).not.toMatch(new RegExp(`secret|${KEY}`))
  })

  it('stay home where the target has no key, is a longer name or another port', async () => {
    for (const [from, to] of [
      ['https://api.test', 'https://api.test.evil.test'],
      ['https://api.test', 'https://api.test:8443'],
      ['http://localhost:80', 'http://localhost:8080'],
      ['https://api.test/v1', 'https://api.test/v10'],
    ] as const) {
      const fetch = createFakeFetch({
        faults: ({ url }) => (url.startsWith(`${to}/`) ? {} : { status: 503 }),
      })
      const policies = [fallback({ to: [{ baseUrl: to }] })]
      await createChatCompletion(clientOf(fetch, { baseUrl: from, policies }), chatRequest)
      expect(fetch.requests.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${KEY}`, undefined])
    }
  })

  it('are asked for at each request, and seen by no policy on the way', async () => {
    let asked = 0
    const seen: string[] = []
    const spy: Policy = next => (url, init) => {
      seen.push(JSON.stringify([url, [...new Headers(init.headers)]]))
      return next(url, init)
    }
    const to = [{ baseUrl: SECOND, apiKey: async () => `sk-${++asked}` }]
    const { fetch } = services({ first: { status: 503 }, second: { status: 503 } })
    const client = clientOf(fetch, {
      policies: [fallback({ to }), retry({ maxRetries: 1, initialDelay: 1 }), spy],
    })
    await failureOf(createChatCompletion(client, chatRequest))
    expect(fetch.requests.map(({ headers }) => headers.authorization)).toEqual([
      `Bearer ${KEY}`,
      `Bearer ${KEY}`,
      'Bearer sk-1',
      'Bearer sk-2',
    ])
    expect(seen).toHaveLength(4)
    expect(seen.join()).not.toContain('sk-')
  })

  it('are scrubbed from what the other service says', async () => {
    const { ask } = setUp({
      first: { status: 503 },
      second: { status: 401, body: { error: { message: 'no such key: sk-second' } } },
    })
    expect((await failureOf(ask())).message).toContain('[redacted]')
  })

  it.each([
    ['throws', () => Promise.reject(new Error('login failed'))],
    ['gives nothing', () => ''],
    ['gives a line break', () => 'sk\n1'],
  ])('a function for one that %s fails the call', async (_, apiKey) => {
    const { ask, fetch } = setUp({ first: { status: 503 } }, { to: [{ baseUrl: SECOND, apiKey }] })
    expect(await failureOf(ask())).toBeInstanceOf(ConfigurationError)
    expect(fetch.requests).toHaveLength(1)
  })

  it('a function for one that never answers ends with the call', async () => {
    const apiKey = vi.fn(() => new Promise<string>(() => {}))
    const { client } = setUp({ first: { status: 503 } }, { to: [{ baseUrl: SECOND, apiKey }] })
    const controller = new AbortController()
    const failing = failureOf(createChatCompletion(client, chatRequest, { signal: controller.signal }))
    await vi.waitFor(() => expect(apiKey).toHaveBeenCalled())
    controller.abort('mine')
    expect(await failing).toBe('mine')
  })

  it("of its own are in the target's headers", async () => {
    const to = [{ baseUrl: SECOND, headers: { 'api-key': 'azure', accept: 'x/y' }, allowBrowserKey: true }]
    const { ask, fetch } = setUp({ first: { status: 503 } }, { to })
    await ask()
    expect(fetch.requests[1]!.headers).toEqual({
      'api-key': 'azure',
      accept: 'x/y',
      'content-type': 'application/json',
    })
  })
})

describe('options', () => {
  it('when decides in place of the rules, a promise too', async () => {
    const when = vi.fn(async ({ error }: FailedService) => (error as { status: number }).status === 404)
    const gone = setUp({ first: { status: 404 } }, { when })
    expect((await gone.ask()).headers.get('x-llmfetch-target')).toBe(SECOND)
    const down = setUp({ first: { status: 503 } }, { when })
    expect(await failureOf(down.ask())).toMatchObject({ status: 503 })
    expect(down.failed).toEqual([])
    expect(when.mock.calls[0]![0]).toMatchObject({ from: BASE, to: SECOND })
  })

  it.each<[string, unknown]>([
    ['no list', undefined],
    ['an empty list', []],
    ['no address', [{}]],
    ['a path', [{ baseUrl: 'v1' }]],
    ['another scheme', [{ baseUrl: 'ftp://x.test' }]],
    ['credentials', [{ baseUrl: 'https://me:hush@x.test' }]],
    ['a query', [{ baseUrl: 'https://x.test/v1?key=hush' }]],
    ['a fragment', [{ baseUrl: 'https://x.test/v1#hush' }]],
    ['a bad key', [{ baseUrl: SECOND, apiKey: 'hu\nsh' }]],
    ['an empty key', [{ baseUrl: SECOND, apiKey: '' }]],
    ['a bad header', [{ baseUrl: SECOND, headers: { 'x-a': 'hu\nsh' } }]],
    ['a key over http', [{ baseUrl: 'http://x.test/v1', apiKey: () => 'hush' }]],
    ['a secret header over http', [{ baseUrl: 'http://x.test/v1', headers: { 'x-goog-auth': 'hush' } }]],
    ['a key header over http', [{ baseUrl: 'http://x.test/v1', headers: { 'api-key': 'hush' } }]],
  ])('are refused with %s', (_, to) => {
    let error: unknown
    try {
      fallback({ to: to as never })
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(JSON.stringify([error, (error as Error).message, (error as Error).cause ?? ''])).not.toContain(
      'hu',
    )
  })

  it('allow a key over http to this machine, or when told so', () => {
    const apiKey = () => 'k'
    for (const baseUrl of ['http://localhost:1', 'http://127.0.0.1', 'http://[::1]:1/v1'])
      fallback({ to: [{ baseUrl, apiKey }] })
    fallback({ to: [{ baseUrl: 'http://x.test', apiKey, allowInsecure: true }] })
  })

  it('keep a secret key out of browsers', () => {
    const inBrowser = /^Mozilla/.test(globalThis.navigator?.userAgent)
    const open = (more: object = {}) => fallback({ to: [{ baseUrl: SECOND, apiKey: 'sk-1', ...more }] })
    if (inBrowser) expect(open).toThrow(ConfigurationError)
    else open()
    open({ allowBrowserKey: true })
  })
})

describe("around another client's fetch", () => {
  const url = 'https://first.test/v1/messages?beta=true'
  const init: FetchInit = {
    method: 'POST',
    headers: { 'x-api-key': 'sk-first', 'content-type': 'application/json' },
    body: '{"max_tokens":1,"model":"a","__proto__":{"x":1}}',
  }
  const down = () => new Response('down', { status: 503 })
  function around(answers: (() => Response | Promise<Response>)[], options: Partial<FallbackOptions> = {}) {
    const sent: [string, FetchInit][] = []
    const next: Fetch = async (...request) => {
      sent.push(request)
      // Awaited: workerd calls a rejection unhandled that is so for a moment only.
      return await answers[Math.min(sent.length, answers.length) - 1]!()
    }
    const fetch = fallback({ to: [second], baseUrl: 'https://first.test/v1/', ...options })(next)
    return { sent, fetch }
  }

  it('needs to know whom the requests are for', async () => {
    const { fetch, sent } = around([() => new Response('')], { baseUrl: undefined })
    expect(await failureOf(fetch(url, init))).toBeInstanceOf(ConfigurationError)
    expect(sent).toEqual([])
  })

  it('moves on at a bad status or a failed connection', async () => {
    const refused = async () => {
      throw new TypeError('fetch failed')
    }
    for (const failing of [down, refused]) {
      const { fetch, sent } = around([failing, () => new Response('fine')])
      const response = await fetch(url, init)
      expect([await response.text(), response.headers.get('x-llmfetch-target')]).toEqual(['fine', SECOND])
      const [target, moved] = sent[1]!
      expect(target).toBe(`${SECOND}/messages`)
      expect([...new Headers(moved.headers)]).toEqual([
        ['authorization', 'Bearer sk-second'],
        ['content-type', 'application/json'],
      ])
      expect(moved.body).toBe('{"max_tokens":1,"model":"fake-large","__proto__":{"x":1}}')
    }
  })

  it('sends a Request with its own method, if at all, and nothing of its secrets', async () => {
    const { sent, fetch } = around([down, () => new Response('fine')])
    const headers = { 'x-api-key': 'sk-first', 'content-type': 'text/x' }
    await (fetch as typeof globalThis.fetch)(new Request(url, { method: 'DELETE', headers }))
    expect(sent.length).toBeGreaterThan(0)
    for (const [target, moved] of sent.slice(1)) {
      expect(target).toBe(`${SECOND}/messages`)
      expect(moved.method).toBe('DELETE')
      expect(JSON.stringify([...new Headers(moved.headers)])).not.toContain('sk-first')
    }
  })

  it('gives back what the last one said', async () => {
    const { fetch } = around([down, () => new Response('busy', { status: 429 })])
    const response = await fetch(url, init)
    expect([response.status, await response.text()]).toEqual([429, 'busy'])
    expect(response.headers.get('x-llmfetch-target')).toBe(SECOND)
  })

  it('frees the body of a bad answer', async () => {
    const cancel = vi.fn()
    const { fetch } = around([
      () => new Response(new ReadableStream({ cancel }), { status: 503 }),
      () => new Response('fine'),
    ])
    await fetch(url, init)
    expect(cancel).toHaveBeenCalledOnce()
  })

  it('leaves alone what another service could not answer', async () => {
    const other = around([down])
    expect((await other.fetch('https://first.test/v10/x', init)).status).toBe(503)
    expect((await other.fetch('https://elsewhere.test/v1/x', init)).status).toBe(503)
    expect(other.sent).toHaveLength(2)
    const gone = around([down])
    const request = new Request(url, { method: 'POST', body: 'text' })
    expect((await (gone.fetch as typeof globalThis.fetch)(request)).status).toBe(503)
    expect(gone.sent).toHaveLength(1)
    const once = around([down])
    const body = new ReadableStream()
    expect((await once.fetch(url, { ...init, body })).status).toBe(503)
    expect(once.sent).toHaveLength(1)
  })
})
