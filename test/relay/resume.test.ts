import { describe, expect, it, vi } from 'vitest'
import {
  type BrokenLine,
  type ChatCompletionRequest,
  type Client,
  collectText,
  createClient,
  type Fetch,
  type ResumeOptions,
  readStream,
  resume,
  retry,
  streamChatCompletion,
  timeout,
} from '../../src/index.ts'
import { memoryStreams } from '../../src/relay/index.ts'
import { END_MARK } from '../../src/wire/resumable.ts'
import { counted, failureOf } from '../client/harness.ts'
import { bodyOf, until } from '../support/frames.ts'
import { type Cut, cutting, randomOf } from './cutting.ts'
import { APP, CHAT, fetchOf, question, relayOf } from './harness.ts'

const LONG = Array.from({ length: 60 }, (_, index) => `wörd${index} `).join('')
const request = question as ChatCompletionRequest
const quick: ResumeOptions = { initialDelay: 2 }

function kept(options = {}, model = {}) {
  return relayOf({ streams: memoryStreams(), ...options }, { reply: () => LONG, ...model })
}

function clientOf(fetch: Fetch, options: ResumeOptions = quick): Client {
  return createClient({ baseUrl: `${APP}/api/v1`, apiKey: () => 'user-anna', fetch: resume(options)(fetch) })
}

/** The headers and the method of each request on the line. */
function recorded(next: Fetch): {
  fetch: Fetch
  seen: { method: string; headers: Headers; body: unknown }[]
} {
  const seen: { method: string; headers: Headers; body: unknown }[] = []
  const fetch: Fetch = (url, init) => {
    seen.push({ method: init.method ?? 'GET', headers: new Headers(init.headers), body: init.body })
    return next(url, init)
  }
  return { fetch, seen }
}

describe('resume', () => {
  it('stands around a fetch, and says so in a client', async () => {
    const client = createClient({ baseUrl: APP, fetch: async () => Response.json({}), policies: [resume()] })
    expect(await failureOf(collectText(streamChatCompletion(client, request)))).toMatchObject({
      name: 'ConfigurationError',
      message: expect.stringContaining('fetch: resume()(fetch)'),
    })
  })

  it.each(['error', 'end'] as const)('goes on exactly where lines broke, by %s, at any byte', async how => {
    const random = randomOf(how.length)
    let broken = 0
    for (let i = 0; i < 40; i++) {
      const { handle, service } = kept()
      const line = cutting(
        fetchOf(handle),
        () => Math.floor(random() * 6000),
        () => how,
      )
      const whole = await (
        await resume(quick)(line.fetch)(CHAT, {
          method: 'POST',
          headers: { authorization: 'Bearer user-anna', 'idempotency-key': 'k' },
          body: JSON.stringify({ ...request, stream: true }),
        })
      ).text()
      const direct = await fetchOf(handle)(CHAT, {
        headers: { authorization: 'Bearer user-anna', 'idempotency-key': 'k' },
      })
      expect(whole).toBe(await direct.text())
      expect(service.requests).toHaveLength(1)
      broken += line.lines - 1
    }
    expect(broken).toBeGreaterThan(60)
  })

  it('gives the client one answer over many lines', async () => {
    const { handle, service } = kept({}, { chunkDelay: 1 })
    const line = cutting(fetchOf(handle), () => 2000)
    expect(await collectText(streamChatCompletion(clientOf(line.fetch), request))).toBe(LONG)
    expect(line.lines).toBeGreaterThan(3)
    expect(service.requests).toHaveLength(1)
  })

  it('is what makes the difference', async () => {
    const { handle } = kept()
    const line = cutting(fetchOf(handle), () => 2000)
    const client = createClient({ baseUrl: `${APP}/api/v1`, apiKey: () => 'user-anna', fetch: line.fetch })
    expect(await failureOf(collectText(streamChatCompletion(client, request)))).toMatchObject({
      name: 'IncompleteStreamError',
    })
  })

  it('sends the same key each time, and asks by GET for what is missing', async () => {
    const { handle } = kept()
    const { fetch, seen } = recorded(cutting(fetchOf(handle), () => 3000).fetch)
    await collectText(streamChatCompletion(clientOf(fetch), request))
    expect(seen.map(({ method }) => method)).toEqual(['POST', ...seen.slice(1).map(() => 'GET')])
    expect(new Set(seen.map(({ headers }) => headers.get('idempotency-key'))).size).toBe(1)
    const ids = seen.slice(1).map(({ headers }) => Number(headers.get('last-event-id')))
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b))
    expect(
      seen
        .slice(1)
        .every(({ headers, body }) => headers.get('authorization') === 'Bearer user-anna' && !body),
    ).toBe(true)
    const another = recorded(fetchOf(handle))
    await collectText(streamChatCompletion(clientOf(another.fetch), request))
    expect(another.seen[0]!.headers.get('idempotency-key')).not.toBe(seen[0]!.headers.get('idempotency-key'))
  })

  it('sends a request again that got no answer, and the service is asked once', async () => {
    const { handle, service } = kept()
    let lost = 0
    const fetch: Fetch = async (url, init) => {
      const response = await fetchOf(handle)(url, init)
      if (++lost > 3) return response
      await response.body!.cancel()
      throw new TypeError('Failed to fetch')
    }
    expect(await collectText(streamChatCompletion(clientOf(fetch), request))).toBe(LONG)
    expect(service.requests).toHaveLength(1)
  })

  it('tells of each broken line', async () => {
    const { handle } = kept()
    const lines: BrokenLine[] = []
    const line = cutting(fetchOf(handle), () => 4000)
    await collectText(
      streamChatCompletion(clientOf(line.fetch, { ...quick, onResume: line => lines.push(line) }), request),
    )
    expect(lines).toHaveLength(line.lines - 1)
    for (const { attempt, lastEventId, error } of lines) {
      expect(attempt).toBe(1)
      expect(lastEventId).toBeGreaterThan(0)
      expect(error).toBeInstanceOf(TypeError)
    }
  })

  it('outlives a relay that is away for a while', async () => {
    const { handle, service } = kept()
    const line = cutting(fetchOf(handle), () => 5000)
    let calls = 0
    const fetch: Fetch = async (url, init) => {
      if (++calls % 3 === 2) return new Response('deploying', { status: 503 })
      if (calls % 3 === 0) throw new TypeError('Failed to fetch')
      return line.fetch(url, init)
    }
    expect(await collectText(streamChatCompletion(clientOf(fetch), request))).toBe(LONG)
    expect(service.requests).toHaveLength(1)
  })

  it('gives up after its time, with what broke the line', async () => {
    const { handle } = kept()
    let calls = 0
    const fetch: Fetch = async (url, init) => {
      if (calls++) throw new TypeError('Failed to fetch')
      return cutting(fetchOf(handle), () => 2000).fetch(url, init)
    }
    const error = await failureOf(
      collectText(streamChatCompletion(clientOf(fetch, { initialDelay: 5, within: 60 }), request)),
    )
    expect(error).toMatchObject({ name: 'IncompleteStreamError', partial: expect.anything() })
    expect(calls).toBeGreaterThan(2)
    const never = clientOf(() => Promise.reject(new TypeError('Failed to fetch')), {
      initialDelay: 5,
      within: 30,
    })
    expect(await failureOf(collectText(streamChatCompletion(never, request)))).toMatchObject({
      name: 'ConnectionError',
    })
  })

  it('has all its time for a line that breaks while the model thinks, however long that takes', async () => {
    const { handle } = kept()
    let calls = 0
    const fetch: Fetch = async (url, init) => {
      if (calls++ !== 1) return cutting(fetchOf(handle), () => (calls === 1 ? 2000 : 1e9)).fetch(url, init)
      let beats = 0
      const body = new ReadableStream<Uint8Array>({
        async pull(stream) {
          await new Promise(resolve => setTimeout(resolve, 50))
          if (++beats < 8) stream.enqueue(new TextEncoder().encode(':\n\n'))
          else stream.error(new TypeError('terminated'))
        },
      })
      return new Response(body, { headers: { 'x-relay-resumable': '1' } })
    }
    const client = clientOf(fetch, { initialDelay: 2, within: 250 })
    expect(await collectText(streamChatCompletion(client, request))).toBe(LONG)
    expect(calls).toBe(3)
  })

  it('does not read the page of a login in the place of the stream, and tries again', async () => {
    const { handle } = kept()
    let calls = 0
    const fetch: Fetch = async (url, init) => {
      if (calls++ === 1) return new Response('<html>\nid: 7\n\nLog in')
      return cutting(fetchOf(handle), () => (calls === 1 ? 2000 : 1e9)).fetch(url, init)
    }
    expect(await collectText(streamChatCompletion(clientOf(fetch), request))).toBe(LONG)
    expect(calls).toBe(3)
  })

  it("does not try again what no wait heals: a fault in the caller's own fetch", async () => {
    const fetch = vi.fn<Fetch>(() => (undefined as unknown as Fetch)('x', {}))
    await failureOf(collectText(streamChatCompletion(clientOf(fetch), request)))
    expect(fetch).toHaveBeenCalledOnce()
  })

  it('ends at once where the stream is gone, or its reader may not read it any more', async () => {
    for (const status of [410, 401, 404]) {
      const { handle } = kept()
      let calls = 0
      const fetch: Fetch = async (url, init) => {
        if (calls++) return Response.json({ error: { message: 'no' } }, { status })
        return cutting(fetchOf(handle), () => 2000).fetch(url, init)
      }
      const error = await failureOf(collectText(streamChatCompletion(clientOf(fetch), request)))
      expect(error).toMatchObject({ name: 'IncompleteStreamError' })
      expect(calls).toBe(2)
    }
  })

  it('says that a stream is gone to who comes with an old key', async () => {
    const { handle } = kept()
    const headers = { authorization: 'Bearer user-anna', 'idempotency-key': 'old' }
    expect(await failureOf(resume()(fetchOf(handle))(CHAT, { headers }))).toMatchObject({
      name: 'IncompleteStreamError',
      code: 'stream_gone',
    })
  })

  it('lets a page that was loaded anew read the same answer by its key', async () => {
    const { handle, service } = kept({}, { chunkDelay: 1 })
    const client = clientOf(cutting(fetchOf(handle), () => 3000).fetch)
    const before = streamChatCompletion(client, request, { idempotencyKey: 'stored' })
    for await (const _ of before) break
    const again = clientOf(cutting(fetchOf(handle), () => 3000).fetch)
    expect(await collectText(streamChatCompletion(again, request, { idempotencyKey: 'stored' }))).toBe(LONG)
    const headers = { authorization: 'Bearer user-anna', 'idempotency-key': 'stored', 'last-event-id': '0' }
    const response = await resume(quick)(cutting(fetchOf(handle), () => 3000).fetch)(CHAT, { headers })
    expect(await collectText(readStream(response))).toBe(LONG)
    expect(service.requests).toHaveLength(1)
  })

  it('ends its waits on abort, and when its reader leaves', async () => {
    const { handle } = kept()
    let calls = 0
    const fetch: Fetch = async (url, init) => {
      if (calls++) throw new TypeError('Failed to fetch')
      return cutting(fetchOf(handle), () => 2000).fetch(url, init)
    }
    const controller = new AbortController()
    const onResume = vi.fn()
    const stream = streamChatCompletion(clientOf(fetch, { initialDelay: 10_000, onResume }), request, {
      signal: controller.signal,
    })
    const failing = failureOf(collectText(stream))
    await until(() => onResume.mock.calls.length === 1)
    controller.abort(new Error('mine'))
    expect(await failing).toMatchObject({ message: 'mine' })
    expect(calls).toBe(1)
  })

  it('stops the line, not the stream, when its reader leaves', async () => {
    const { handle, service } = kept({}, { chunkDelay: 2 })
    let ended = 0
    const fetch: Fetch = async (url, init) => {
      const response = await fetchOf(handle)(url, init)
      const { readable, writable } = new TransformStream()
      // Where it rejects, and where it does not.
      response
        .body!.pipeTo(writable)
        .catch(() => {})
        .then(() => ended++)
      return new Response(readable, response)
    }
    for await (const _ of streamChatCompletion(clientOf(fetch), request)) break
    await until(() => ended === 1)
    expect(service.requests[0]!.aborted).toBe(false)
  })

  it('leaves no listener on the signal, however it ends', async () => {
    const { handle } = kept()
    const { controller, listeners } = counted()
    const line = cutting(fetchOf(handle), () => 3000)
    const init = {
      method: 'POST',
      headers: { authorization: 'Bearer user-anna' },
      body: JSON.stringify({ ...request, stream: true }),
      signal: controller.signal,
    }
    await (await resume(quick)(line.fetch)(CHAT, init)).text()
    await (await resume(quick)(line.fetch)(CHAT, init)).body!.cancel()
    await failureOf(
      resume({ ...quick, within: 10 })(() => Promise.reject(new TypeError('Failed to fetch')))(CHAT, init),
    )
    let calls = 0
    const gone: Fetch = (url, given) =>
      calls++ ? Promise.reject(new TypeError('Failed to fetch')) : line.fetch(url, given)
    await failureOf((await resume({ ...quick, within: 30 })(gone)(CHAT, init)).text())
    await vi.waitFor(() => expect(listeners()).toBe(0))
  })

  it('goes on after a silent line, by a time limit inside of it', async () => {
    const { handle, service } = kept()
    const cuts: Cut[] = ['silence', 'error', 'silence']
    const line = cutting(
      fetchOf(handle),
      () => 5000,
      () => cuts.pop() ?? 'error',
    )
    const fetch = timeout({ idle: 60 })(line.fetch)
    expect(await collectText(streamChatCompletion(clientOf(fetch), request))).toBe(LONG)
    expect(service.requests).toHaveLength(1)
  })

  it('leaves alone what is no stream of a relay', async () => {
    const answers = [
      new Response('plain'),
      Response.json({}, { status: 404 }),
      new Response(null, { status: 204 }),
      new Response('x', { headers: { 'x-relay-resumable': '0' } }),
    ]
    for (const answer of answers) {
      const { status } = answer
      const text = await answer.clone().text()
      const { controller, listeners } = counted()
      const got = await resume()(async () => answer)(CHAT, { method: 'POST', signal: controller.signal })
      expect([got.status, await got.text(), listeners()]).toEqual([status, text, 0])
    }
    const { fetch, seen } = recorded(async () => new Response('list'))
    await resume()(fetch)(`${APP}/v1/models`, {})
    expect(seen[0]!.headers.has('idempotency-key')).toBe(false)
  })

  it('needs time in proportion to an event, however many pieces it comes in', { retry: 2 }, async () => {
    const timeOf = async (pieces: number): Promise<number> => {
      let left = pieces
      const piece = new TextEncoder().encode('word '.repeat(20))
      const end = new TextEncoder().encode(`\n\n${END_MARK}`)
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (left-- > 0) return controller.enqueue(piece)
          controller.enqueue(end)
          controller.close()
        },
      })
      const answer = new Response(body, { headers: { 'x-relay-resumable': '1' } })
      const start = performance.now()
      const got = await resume()(async () => answer)(CHAT, { method: 'POST' })
      expect(await got.text()).toHaveLength(pieces * 100 + 2 + END_MARK.length)
      return performance.now() - start
    }
    await timeOf(200)
    // Eight times the length; anything quadratic takes sixty-four times as long. Clocks are coarse in some runtimes.
    expect(await timeOf(8000)).toBeLessThan(30 * Math.max(await timeOf(1000), 15))
  })

  it('holds no more of an event than any has, and does not ask for more', async () => {
    const piece = new Uint8Array(2 ** 20).fill(120)
    const source = bodyOf(
      Array.from({ length: 40 }, () => piece),
      'silence',
    )
    const fetch = vi.fn<Fetch>(
      async () => new Response(source.body, { headers: { 'x-relay-resumable': '1' } }),
    )
    const got = await resume(quick)(fetch)(CHAT, { method: 'POST' })
    // Chromium's `text()` would make a "Failed to fetch" of it.
    expect(await failureOf(got.body!.getReader().read())).toMatchObject({ name: 'LimitError' })
    expect(fetch).toHaveBeenCalledOnce()
  })

  it.each([404, 410])('ends the body of an answer %i that it does not pass on', async status => {
    const cancel = vi.fn()
    const { handle } = kept()
    const line = cutting(fetchOf(handle), () => 3000)
    let calls = 0
    const fetch: Fetch = (url, init) =>
      calls++
        ? Promise.resolve(new Response(new ReadableStream({ cancel }), { status }))
        : line.fetch(url, init)
    await failureOf(collectText(streamChatCompletion(clientOf(fetch), request)))
    expect([calls, cancel.mock.calls.length]).toEqual([2, 1])
  })

  it('takes what any client gives: a URL, a Request', async () => {
    const { handle } = kept()
    const around = resume(quick)(
      cutting(
        (input, init) => handle(new Request(input, init)),
        () => 3000,
      ).fetch,
    ) as typeof fetch
    const init = {
      method: 'POST',
      headers: { authorization: 'Bearer user-anna' },
      body: JSON.stringify({ ...request, stream: true }),
    }
    expect(await collectText(readStream(await around(new URL(CHAT), init)))).toBe(LONG)
    expect(await collectText(readStream(await around(new Request(CHAT, init))))).toBe(LONG)
  })

  it('asks once in all under a policy that retries, with a key of the caller', async () => {
    const { handle, service } = kept({}, { faults: [{ status: 503 }] })
    const client = createClient({
      baseUrl: `${APP}/api/v1`,
      apiKey: () => 'user-anna',
      fetch: resume(quick)(fetchOf(handle)),
      policies: [retry({ initialDelay: 1 })],
    })
    expect(await collectText(streamChatCompletion(client, request, { idempotencyKey: 'k' }))).toBe(LONG)
    expect(service.requests).toHaveLength(2)
  })
})
