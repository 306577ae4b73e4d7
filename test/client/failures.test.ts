import { afterEach, describe, expect, inject, it, vi } from 'vitest'
import {
  AuthenticationError,
  ConnectionError,
  createChatCompletion,
  createClient,
  endpoint,
  type Fetch,
  LimitError,
  listModels,
  ProtocolError,
  RateLimitError,
  readRaw,
  ServerError,
  streamChatCompletion,
} from '../../src/index.ts'
import { deleteResponse } from '../../src/responses/index.ts'
import type { Fault } from '../../src/testing/index.ts'
import { chatRequest, clientOf, completion, failureOf, isWorkerd, json, KEY } from './harness.ts'

const ask = (fetch: Fetch) => createChatCompletion(clientOf(fetch), chatRequest)

/** The failure of a call to the real server with this fault. */
function failureWith(fault: Fault): ReturnType<typeof failureOf> {
  const client = createClient({
    baseUrl: inject('fakeServer'),
    headers: { 'x-fake-fault': JSON.stringify(fault) },
  })
  return failureOf(createChatCompletion(client, chatRequest))
}

describe('an error of a real server', () => {
  it('has its class, status and request id', async () => {
    const limited = await failureWith({ status: 429, headers: { 'retry-after': '7' } })
    expect(limited).toBeInstanceOf(RateLimitError)
    expect(limited).toMatchObject({
      status: 429,
      code: 'rate_limit_exceeded',
      retryAfter: 7000,
      retryable: true,
    })
    expect(limited.requestId).toMatch(/^req_fake_/)
    expect(await failureWith({ status: 401 })).toBeInstanceOf(AuthenticationError)
  })

  it('is a ConnectionError where there is no answer, or half of one', async () => {
    // In workerd a body that breaks is also reported as unhandled, whoever reads it and however.
    for (const fault of isWorkerd
      ? [{ reset: 'headers' as const }]
      : [{ reset: 'headers' as const }, { reset: 1 }]) {
      const error = await failureWith(fault)
      expect(error).toBeInstanceOf(ConnectionError)
      expect(error).toMatchObject({ retryable: true })
      expect(error.cause).toBeDefined()
    }
  })

  it('is a ProtocolError where the answer is no answer', async () => {
    for (const fault of [{ cut: 1 }, { garbage: true }, { garbage: 'html' }, { body: '' }] as const)
      expect(await failureWith(fault)).toBeInstanceOf(ProtocolError)
  })

  it('is a ServerError behind a proxy that answers HTML', async () => {
    const error = await failureWith({ status: 502, garbage: 'html' })
    expect(error).toBeInstanceOf(ServerError)
    expect(error.message).toMatch(/^POST \S+\/chat\/completions: 502 HTML$/)
  })
})

describe('the body of an error', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('is read up to 64 KiB', async () => {
    let sent = 0
    const cancel = vi.fn()
    const piece = new Uint8Array(4096).fill(120)
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          sent += piece.length
          if (sent > 11_000_000) controller.close()
          else controller.enqueue(piece)
        },
        cancel,
      },
      { highWaterMark: 0 },
    )
    const error = await failureOf(ask(async () => new Response(body, { status: 500 })))
    expect(error).toBeInstanceOf(ServerError)
    expect(error.body.length).toBeLessThanOrEqual(65_536)
    expect(sent).toBeLessThanOrEqual(65_536 + 2 * piece.length)
    await vi.waitFor(() => expect(cancel).toHaveBeenCalled())
  })

  it('is waited for two seconds', async () => {
    vi.useFakeTimers()
    const cancel = vi.fn()
    const body = new ReadableStream<Uint8Array>({
      start: controller => controller.enqueue(new TextEncoder().encode('{"error":"half')),
      cancel,
    })
    const failing = failureOf(ask(async () => new Response(body, { status: 503 })))
    let settled = false
    failing.then(() => {
      settled = true
    })
    await vi.advanceTimersByTimeAsync(1999)
    expect(settled).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    const error = await failing
    expect(error).toBeInstanceOf(ServerError)
    expect(error.body).toBe('{"error":"half')
    expect(cancel).toHaveBeenCalledOnce()
  })

  it('may break, or be missing', async () => {
    const broken = new ReadableStream({ start: controller => controller.error(new TypeError('terminated')) })
    expect(await failureOf(ask(async () => new Response(broken, { status: 503 })))).toBeInstanceOf(
      ServerError,
    )
    expect(await failureOf(ask(async () => new Response(null, { status: 503 })))).toBeInstanceOf(ServerError)
  })

  it('may have been read by somebody else: nothing that a retry heals', async () => {
    const read = new Response('x', { status: 503 })
    await read.text()
    const error = await failureOf(ask(async () => read))
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error.retryable).toBe(false)
  })
})

describe('a status that is neither 200 nor an error', () => {
  it.each([204, 205, 206, 300, 304])('C23 %i is a ProtocolError', async status => {
    const body = [204, 205, 304].includes(status) ? null : JSON.stringify(completion)
    const error = await failureOf(ask(async () => new Response(body, { status })))
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error.retryable).toBe(false)
  })

  it('204 is an answer to what promises nothing', async () => {
    const fetch = vi.fn<Fetch>(async () => new Response(null, { status: 204 }))
    const client = clientOf(fetch)
    await expect(deleteResponse(client, 'resp_1')).resolves.toBeUndefined()
    const remove = endpoint<void, string, [id: string]>('remove', 'DELETE /things/{id}', {
      read: async ({ status }) => ({ data: `removed with ${status}` }),
    })
    expect(await remove(client, 'a')).toBe('removed with 204')
    // What promises something is not there.
    const download = endpoint<void, Response>('download', 'GET /file', { read: readRaw })
    expect(await failureOf(download(client))).toBeInstanceOf(ProtocolError)
    const watch = () => streamChatCompletion(client, chatRequest).response
    expect(await failureOf(watch)).toMatchObject({ name: 'ProtocolError', retryable: false })
  })

  it.each([201, 202, 203])('%i is as good as 200 where it has an answer', async status => {
    expect(await ask(async () => json(completion, { status }))).toMatchObject({ id: 'chatcmpl-1' })
  })

  it.each([301, 302, 303, 307, 308])('%i is not followed, and its host is named', async status => {
    const fetch = vi.fn<Fetch>(
      async () =>
        new Response(null, { status, headers: { location: `https://elsewhere.test/v2?key=${KEY}` } }),
    )
    const error = await failureOf(ask(fetch))
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error.retryable).toBe(false)
    expect(error.message).toContain('https://elsewhere.test')
    expect(error.message).not.toContain('key')
    expect(fetch).toHaveBeenCalledOnce()
    expect(fetch.mock.calls[0]![1].redirect).toBe('manual')
  })

  it.each(['/v2', '', 'javascript:alert(1)', '//evil.test'])('survives the location %j', async location => {
    const error = await failureOf(ask(async () => new Response(null, { status: 307, headers: { location } })))
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error.message).toContain('its target')
  })

  it('refuses the redirect of a real server, which a browser hides', async () => {
    const error = await failureWith({ status: 307, headers: { location: `${inject('fakeServer')}/models` } })
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error.message).toContain('Redirect refused')
  })

  it('refuses an opaque redirect and an error response', async () => {
    const opaque = Object.defineProperties(new Response(null), {
      status: { value: 0 },
      type: { value: 'opaqueredirect' },
    })
    expect((await failureOf(ask(async () => opaque))).message).toContain('Redirect refused')
    expect(await failureOf(ask(async () => Response.error()))).toBeInstanceOf(ProtocolError)
  })
})

describe('a 200', () => {
  it.each([
    ['nothing', '', true],
    ['space', '  \n', false],
    ['HTML', '<html></html>', false],
    ['a text', 'hello', false],
    ['half a JSON', '{"choices":[', true],
    ['null', 'null', false],
    ['a number', '1', false],
    ['a text as JSON', '"x"', false],
    ['a list', '[]', false],
    ['a list of an object', '[{"choices":[]}]', false],
    ['an object without choices', '{"id":"x"}', false],
    ['choices that are no list', '{"choices":{}}', false],
    ['what is nested too deeply', `{"choices":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, false],
  ])('that is %s is a ProtocolError', async (_, text, retryable) => {
    const headers = { 'content-type': 'text/html' }
    const error = await failureOf(ask(async () => new Response(text, { headers })))
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error.retryable).toBe(retryable)
    const said = error.message.replace(/^POST \S+: /, '')
    if (text.trim()) expect(said).not.toContain(text)
  })

  it('names the content type of what it cannot read', async () => {
    const headers = { 'content-type': 'text/html; charset=utf-8' }
    const error = await failureOf(ask(async () => new Response('<html>', { headers })))
    expect(error.message).toContain('text/html')
  })

  it('does not need a content type', async () => {
    const answer = new Response(new TextEncoder().encode(JSON.stringify(completion)))
    expect(await ask(async () => answer)).toMatchObject({ id: 'chatcmpl-1' })
  })

  it('does not take "error": null for an error', async () => {
    expect(await ask(async () => json({ ...completion, error: null }))).toMatchObject({ id: 'chatcmpl-1' })
  })

  it('that holds an error is that error', async () => {
    const error = await failureOf(ask(async () => json({ error: { message: 'm', code: 503 } })))
    expect(error).toBeInstanceOf(ServerError)
    expect(error).toMatchObject({ status: 503, retryable: true })
    const flat = await failureOf(ask(async () => json({ object: 'error', message: 'm', code: 429 })))
    expect(flat).toBeInstanceOf(RateLimitError)
  })

  it('cannot pollute prototypes, and keeps odd names', async () => {
    const text =
      '{"choices":[{"message":{"content":"a"}}],"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"a_b":{"__proto__":{"polluted":1}}}'
    const answer = await ask(async () => new Response(text))
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    expect((answer as { polluted?: unknown }).polluted).toBeUndefined()
    expect(Object.keys(answer)).toEqual(['choices', '__proto__', 'constructor', 'aB'])
    expect(Object.getPrototypeOf(answer.aB)).toBe(Object.prototype)
  })
})

describe('maxResponseBytes', () => {
  it('counts what arrives, and cancels the rest', async () => {
    const cancel = vi.fn()
    const body = () =>
      new ReadableStream<Uint8Array>({ pull: controller => controller.enqueue(new Uint8Array(1000)), cancel })
    for (const headers of [
      {},
      { 'content-length': '5' },
      { 'content-length': '-1' },
      { 'content-length': 'abc' },
    ]) {
      cancel.mockClear()
      const client = clientOf(
        async () => new Response(body(), { headers: headers as Record<string, string> }),
        { maxResponseBytes: 5000 },
      )
      const error = await failureOf(listModels(client))
      expect(error).toBeInstanceOf(LimitError)
      expect(error.retryable).toBe(false)
      await vi.waitFor(() => expect(cancel).toHaveBeenCalled())
    }
  })

  it('refuses a large content-length before reading', async () => {
    const headers = { 'content-length': '999999' }
    const client = clientOf(async () => json({ object: 'list', data: [] }, { headers }), {
      maxResponseBytes: 1000,
    })
    expect(await failureOf(listModels(client))).toBeInstanceOf(LimitError)
  })
})

describe('a fetch of your own', () => {
  it.each([
    [
      'throws at once',
      () => {
        throw new TypeError('fetch failed')
      },
    ],
    ['rejects with no error', () => Promise.reject(undefined)],
    ['gives nothing', async () => undefined],
    ['gives a text', async () => 'hello'],
    ['gives null', async () => null],
  ])('that %s fails with a typed error', async (_, fetch) => {
    const error = await failureOf(ask(fetch as unknown as Fetch))
    expect(error.name).toMatch(/^(Connection|Protocol)Error$/)
  })

  it('that gives a response without a body is refused', async () => {
    const response = Object.defineProperty(new Response('{}'), 'body', { value: null })
    const error = await failureOf(ask(async () => response))
    expect(error.name).toMatch(/^(Connection|Protocol)Error$/)
  })
})
