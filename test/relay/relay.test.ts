import { describe, expect, it, vi } from 'vitest'
import {
  ConfigurationError,
  collectText,
  createChatCompletion,
  createEmbedding,
  listModels,
  streamChatCompletion,
} from '../../src/index.ts'
import { type RelayUse, relay } from '../../src/relay/index.ts'
import { createFakeFetch } from '../../src/testing/index.ts'
import { bodyOf, chunk, events, STOP, sse, until } from '../support/frames.ts'
import {
  APP,
  authorize,
  BASE,
  CHAT,
  dataOf,
  errorOf,
  KEY,
  pageClient,
  question,
  relayOf,
  type User,
  visit,
} from './harness.ts'

/** A relay before a service that answers with this. */
function answeredBy(answer: () => Response | Promise<Response>, options = {}) {
  return relayOf({ fetch: async () => answer(), ...options })
}

function streamOf(body: BodyInit): Response {
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}

describe('a relay', () => {
  it('answers with the key of the account, and passes nothing else of the visitor on than the body', async () => {
    const { handle, service } = relayOf({ headers: { 'x-team': 'chat' }, query: { 'api-version': '1' } })
    const headers = {
      cookie: 'session=1',
      'x-forwarded-for': '1.2.3.4',
      'idempotency-key': 'k',
      'x-stainless-os': 'a',
    }
    const response = await handle(visit(question, { headers }))
    expect(await response.json()).toMatchObject({ choices: [{ message: { role: 'assistant' } }] })
    const [{ url, headers: sent, body }] = service.requests as [(typeof service.requests)[0] & {}]
    expect(url).toBe(`${BASE}/chat/completions?api-version=1`)
    expect(sent).toEqual({
      authorization: `Bearer ${KEY}`,
      'content-type': 'application/json',
      'x-team': 'chat',
    })
    expect(body).toEqual({ ...question, max_tokens: 4096 })
  })

  it('hands on no header of the service but the type', async () => {
    const secret = {
      'set-cookie': 'a=b',
      'openai-organization': 'org-1',
      'x-ratelimit-limit-requests': '9',
      'content-type': 'application/json',
      'x-request-id': 'req_1',
    }
    const uses: RelayUse<User>[] = []
    const { handle } = answeredBy(() => new Response('{"choices":[]}', { headers: secret }), {
      onUse: (use: RelayUse<User>) => uses.push(use),
    })
    const { headers } = await handle(visit())
    expect([...headers.keys()].sort()).toEqual(['content-type', 'x-request-id'])
    expect(headers.get('x-request-id')).toBe(uses[0]!.requestId)
    expect(uses[0]!.upstreamId).toBe('req_1')
  })

  it.each([undefined, { id: '' }, { id: 7 }])('does not take %j for a user', async user => {
    const { handle, errors, service } = relayOf({ authorize: () => user as User })
    const { status, code } = await errorOf(await handle(visit()))
    expect([status, code]).toEqual(user ? [500, 'relay_failed'] : [401, 'unauthorized'])
    expect([service.requests.length, errors.length]).toEqual([0, user ? 1 : 0])
  })

  it('answers what authorize answers', async () => {
    const { handle } = relayOf({
      authorize: () => Response.json({ error: { message: 'banned' } }, { status: 403 }),
    })
    expect(await errorOf(await handle(visit()))).toMatchObject({ status: 403, message: 'banned' })
  })

  it('asks who it is before it reads the body', async () => {
    const { handle } = relayOf()
    const { body, ...seen } = bodyOf([new Uint8Array(10)])
    const request = new Request(CHAT, { method: 'POST', body, duplex: 'half' } as RequestInit)
    expect((await handle(request)).status).toBe(401)
    expect(seen.pulls).toBe(0)
  })

  it('tells nobody what its own functions throw', async () => {
    const failing = () => {
      throw new Error('postgres://user:pass@db')
    }
    for (const options of [
      { authorize: failing },
      { models: failing },
      { rewrite: failing },
      { limits: failing },
    ]) {
      const { handle, errors } = relayOf(options as never)
      const { status, message } = await errorOf(await handle(visit()))
      expect(status).toBeGreaterThanOrEqual(500)
      expect(message).not.toContain('postgres')
      expect(errors).toHaveLength(1)
    }
  })

  it('needs to know who asks and for what', () => {
    const options = { baseUrl: BASE, authorize, models: ['m'] }
    expect(() => relay({ ...options, authorize: undefined as never })).toThrow(ConfigurationError)
    expect(() => relay({ ...options, models: undefined as never })).toThrow(ConfigurationError)
    expect(() => relay({ ...options, baseUrl: 'ftp://x' })).toThrow(ConfigurationError)
    expect(() => relay({ ...options, baseUrl: 'https://user:pass@x/v1' })).toThrow(ConfigurationError)
    expect(() => relay({ ...options, baseUrl: 'http://10.0.0.1/v1', apiKey: 'k' })).toThrow(/allowInsecure/)
    // A variable that nobody has set: the service would refuse each visitor.
    expect(() => relay({ ...options, apiKey: '' })).toThrow('relay: apiKey is empty')
    for (const baseUrl of ['http://localhost:1/v1', 'http://127.0.0.1/v1', 'http://[::1]:8080'])
      expect(() => relay({ ...options, baseUrl, apiKey: 'k' })).not.toThrow()
  })

  it('takes a key that is fetched for each request', async () => {
    const apiKey = vi.fn(async () => KEY)
    const { handle, service } = relayOf({ apiKey })
    await handle(visit())
    await handle(visit())
    expect(apiKey).toHaveBeenCalledTimes(2)
    expect(service.requests[1]!.headers.authorization).toBe(`Bearer ${KEY}`)
  })

  it('follows no redirect', async () => {
    const { handle } = answeredBy(
      () => new Response(null, { status: 307, headers: { location: 'https://evil.test' } }),
    )
    const { status, code, message } = await errorOf(await handle(visit()))
    expect([status, code]).toEqual([502, 'upstream_invalid'])
    expect(message).not.toContain('evil')
  })

  it('gives the models that may be asked for, and no owner', async () => {
    const { handle, service } = relayOf({ models: ['fake-small', 'fake-large'] })
    const client = pageClient(handle)
    expect((await listModels(client)).data.map(({ id }) => id)).toEqual(['fake-small', 'fake-large'])
    expect(service.requests).toHaveLength(0)
    const choosy = relayOf({ models: (model, { id }) => id === 'anna' && /small|embed/.test(model) })
    const list = await (await choosy.handle(visit(null, { method: 'GET', url: `${APP}/v1/models` }))).json()
    expect(list.data.map(({ id }: { id: string }) => id)).toEqual(['fake-small', 'fake-embed'])
    expect(new Set(list.data.map(({ owned_by }: { owned_by: string }) => owned_by))).toEqual(
      new Set(['relay']),
    )
  })

  it('answers embeddings', async () => {
    const uses: RelayUse<User>[] = []
    const { handle } = relayOf({ models: ['fake-embed'], onUse: use => uses.push(use) })
    const { data } = await createEmbedding(pageClient(handle), { model: 'fake-embed', input: ['a', 'b'] })
    expect(data).toHaveLength(2)
    expect(uses[0]).toMatchObject({
      path: '/embeddings',
      model: 'fake-embed',
      outcome: 'complete',
      estimated: false,
    })
  })

  it('rewrites what has passed the checks', async () => {
    const { handle, service } = relayOf({
      rewrite: ({ messages, ...body }, { id }) => ({
        ...body,
        user: id,
        messages: [{ role: 'system', content: 'Be kind' }, ...(messages as object[])],
      }),
    })
    await handle(visit())
    expect(service.requests[0]!.body).toMatchObject({
      user: 'anna',
      messages: [{ role: 'system' }, { role: 'user' }],
    })
  })
})

describe('a stream through a relay', () => {
  it('has the bytes of the service', async () => {
    const text = `: hello\n\nevent: x\r\ndata: {"a":"é"}\r\n\r\nid: 5\nretry: 9\ndata: 1\ndata: 2\n\n${sse(chunk({ content: 'Hi' }), STOP, '[DONE]')}`
    const { handle } = answeredBy(() => streamOf(text), { includeUsage: false })
    const response = await handle(visit({ ...question, stream: true }))
    expect(response.headers.get('content-type')).toMatch('text/event-stream')
    expect(await response.text()).toBe(text)
  })

  it('passes each event on when it comes', async () => {
    const { readable, writable } = new TransformStream<Uint8Array>(
      undefined,
      { highWaterMark: 9 },
      { highWaterMark: 9 },
    )
    const { handle } = answeredBy(() => streamOf(readable))
    const reader = (await handle(visit({ ...question, stream: true }))).body!.getReader()
    const writer = writable.getWriter()
    for (const event of events(chunk({ content: 'a' }), chunk({ content: 'b' }), ': ping')) {
      writer.write(new TextEncoder().encode(event))
      expect(new TextDecoder().decode((await reader.read()).value)).toBe(event)
    }
    await reader.cancel()
  })

  it('is read by demand', async () => {
    const pieces = Array.from({ length: 50 }, (_, index) =>
      new TextEncoder().encode(events(chunk({ content: `${index}` }))[0]),
    )
    const seen = bodyOf(pieces)
    const { handle } = answeredBy(() => streamOf(seen.body))
    const reader = (await handle(visit({ ...question, stream: true }))).body!.getReader()
    await reader.read()
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(seen.pulls).toBeLessThan(5)
    await reader.cancel()
  })

  it('tells its counts to the owner, and to the visitor only if asked to', async () => {
    const uses: RelayUse<User>[] = []
    const { handle, service } = relayOf({ onUse: use => uses.push(use) })
    const silent = dataOf(await (await handle(visit({ ...question, stream: true }))).text())
    expect(service.requests[0]!.body).toMatchObject({ stream_options: { include_usage: true } })
    expect(silent.filter(data => /"choices":\[\]/.test(data))).toEqual([])
    const asked = { ...question, stream: true, stream_options: { include_usage: true } }
    const told = dataOf(await (await handle(visit(asked))).text())
    expect(told.filter(data => /"choices":\[\]/.test(data))).toHaveLength(1)
    await until(() => uses.length === 2)
    for (const use of uses)
      expect(use).toMatchObject({
        user: { id: 'anna' },
        model: 'fake-small',
        outcome: 'complete',
        status: 200,
        estimated: false,
        usage: { total_tokens: use.tokens },
      })
  })

  it.each([
    { error: { message: 'Unrecognized request argument supplied: stream_options' } },
    { detail: [{ type: 'extra_forbidden', loc: ['body', 'stream_options', 'include_usage'] }] },
  ])('takes the question back where the service refuses it, and does not ask again: %j', async refusal => {
    const fake = createFakeFetch()
    const asked: boolean[] = []
    const { handle } = relayOf({
      fetch: async (url, init) => {
        asked.push(`${init.body}`.includes('include_usage'))
        return asked.at(-1) ? Response.json(refusal, { status: 400 }) : fake(url, init)
      },
    })
    for (let i = 0; i < 2; i++) {
      const response = await handle(visit({ ...question, stream: true }))
      expect(dataOf(await response.text()).at(-1)).toBe('[DONE]')
    }
    expect(asked).toEqual([true, false, false])
  })

  it('passes on what is refused for another reason, and is asked again', async () => {
    const asked: boolean[] = []
    const { handle } = relayOf({
      fetch: async (_, init) => {
        asked.push(`${init.body}`.includes('include_usage'))
        return Response.json({ error: { message: 'No messages' } }, { status: 400 })
      },
    })
    for (let i = 0; i < 2; i++) expect((await handle(visit({ ...question, stream: true }))).status).toBe(400)
    expect(asked).toEqual([true, true])
  })

  it('asks for no counts where the owner says so', async () => {
    const { handle, service } = relayOf({ includeUsage: false })
    await (await handle(visit({ ...question, stream: true }))).text()
    expect(service.requests[0]!.body).not.toHaveProperty('stream_options')
  })

  it('ends at the service when its reader leaves, and is charged', async () => {
    const uses: RelayUse<User>[] = []
    const { handle, service } = relayOf({ onUse: use => uses.push(use) }, { chunkDelay: 5 })
    const reader = (await handle(visit({ ...question, stream: true }))).body!.getReader()
    await reader.read()
    await reader.cancel()
    await until(() => service.requests[0]!.aborted)
    await until(() => uses.length === 1)
    expect(uses[0]).toMatchObject({ outcome: 'left', estimated: true })
    expect(uses[0]!.tokens).toBeGreaterThan(0)
  })

  it('ends at the service when its reader leaves before the first byte', async () => {
    const uses: RelayUse<User>[] = []
    const { handle, service } = relayOf({ onUse: use => uses.push(use) }, { faults: { stall: 'headers' } })
    const controller = new AbortController()
    const answering = handle(visit({ ...question, stream: true }, { signal: controller.signal }))
    await until(() => service.requests.length === 1)
    controller.abort()
    expect((await answering).status).toBeGreaterThanOrEqual(400)
    await until(() => service.requests[0]!.aborted)
    expect(uses[0]).toMatchObject({ outcome: 'left' })
  })

  it('asks the service nothing for a reader who has left while the request was looked at', async () => {
    const uses: RelayUse<User>[] = []
    const controller = new AbortController()
    const rewrite = (body: object) => {
      controller.abort()
      return body
    }
    const { handle, service } = relayOf({ rewrite, onUse: use => uses.push(use) })
    const response = await handle(visit(question, { signal: controller.signal }))
    expect([response.status, service.requests.length]).toEqual([410, 0])
    expect(uses[0]).toMatchObject({ outcome: 'left' })
  })

  it('keeps the runtime alive until the books are closed', async () => {
    const waits: Promise<unknown>[] = []
    const uses: unknown[] = []
    const { handle } = relayOf({ onUse: async use => void uses.push(use) })
    const context = { waitUntil: (work: Promise<unknown>) => void waits.push(work) }
    // As Workers do it: request, env, context.
    await (await handle(visit({ ...question, stream: true }), {}, context)).text()
    await Promise.all(waits)
    expect([waits.length > 0, uses.length]).toEqual([true, 1])
  })

  it('survives a report that throws', async () => {
    const { handle, errors } = relayOf({
      onUse() {
        throw new Error('mine')
      },
    })
    expect((await handle(visit())).status).toBe(200)
    expect(errors).toEqual([new Error('mine')])
  })

  it('is what the client reads directly', async () => {
    const { handle } = relayOf()
    const client = pageClient(handle)
    const text = await collectText(streamChatCompletion(client, question as never))
    const { choices } = await createChatCompletion(client, question as never)
    expect(text).toBe(choices[0].message.content)
    expect(text).not.toBe('')
  })

  it('finds no time limit in a service that goes on', async () => {
    const { handle } = relayOf({ maxSilence: 500 }, { chunkDelay: 5 })
    const text = await (await handle(visit({ ...question, stream: true }))).text()
    expect(dataOf(text).at(-1)).toBe('[DONE]')
  })

  it('takes another fetch for the requests', async () => {
    const service = createFakeFetch({ faults: [{ status: 503 }] })
    const { retry } = await import('../../src/index.ts')
    const { handle } = relayOf({ fetch: retry({ initialDelay: 1 })(service) })
    expect((await handle(visit())).status).toBe(200)
    expect(service.requests).toHaveLength(2)
  })
})
