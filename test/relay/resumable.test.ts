import { describe, expect, it } from 'vitest'
import {
  type ChatCompletionRequest,
  collectText,
  createClient,
  finalCompletion,
  readStream,
  streamChatCompletion,
} from '../../src/index.ts'
import { memoryStreams, type RelayOptions, type RelayUse, streamStore } from '../../src/relay/index.ts'
import type { FakeModelOptions } from '../../src/testing/index.ts'
import { failureOf } from '../client/harness.ts'
import { chunk, sse, until } from '../support/frames.ts'
import { APP, CHAT, dataOf, errorOf, fetchOf, KEY, question, relayOf, type User, visit } from './harness.ts'

const asked = { ...question, stream: true }
const LONG = Array.from({ length: 60 }, (_, index) => `w${index} `).join('')

function keptRelay(options: Partial<RelayOptions<User>> = {}, model: FakeModelOptions = {}) {
  const uses: RelayUse<User>[] = []
  const streams = memoryStreams()
  const onUse = (use: RelayUse<User>) => uses.push(use)
  const made = relayOf({ streams, onUse, ...options }, { reply: () => LONG, ...model })
  const send = (method: string, key: string, more: { after?: number; user?: string; body?: object } = {}) => {
    const headers: { [name: string]: string } = { 'idempotency-key': key }
    if (more.after !== undefined) headers['last-event-id'] = `${more.after}`
    return made.handle(visit(more.body ?? asked, { method, headers, user: more.user ?? 'anna' }))
  }
  return { ...made, uses, send, streams }
}

const idsOf = (text: string) => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))
const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index)

/** Reads a response until so many events have come, and leaves. */
async function readSome(response: Response, count: number): Promise<string> {
  const reader = response.body!.getReader()
  const decoder = new TextDecoder()
  let text = ''
  while (idsOf(text).length < count) {
    const { value } = await reader.read()
    if (!value) break
    text += decoder.decode(value, { stream: true })
  }
  await reader.cancel()
  return text
}

describe('a stream that is kept', () => {
  it('has a number at each event, the bytes of the service, and a mark at its end', async () => {
    const service = `: hi\n\nevent: x\r\nid: 9\r\nid\r\ndata: {"a":1}\r\n\r\n${sse(chunk({ content: 'Hi' }), chunk({}, 'stop'), '[DONE]')}`
    const { send } = keptRelay({
      fetch: async () => new Response(service, { headers: { 'content-type': 'text/event-stream' } }),
      includeUsage: false,
    })
    const response = await send('POST', 'k')
    expect(response.headers.get('x-relay-resumable')).toBe('1')
    const text = await response.text()
    expect(text.startsWith('id: 1\nevent: x\ndata: {"a":1}\n\nid: 2\ndata: {')).toBe(true)
    expect(text.endsWith('id: 4\ndata: [DONE]\n\n: end\n\n')).toBe(true)
    expect(dataOf(text)).toEqual(dataOf(service.replaceAll('\r', '')))
  })

  it('goes on when its reader leaves, and is continued exactly by GET and by POST', async () => {
    const { send, service, uses } = keptRelay({}, { chunkDelay: 2 })
    const start = await readSome(await send('POST', 'k'), 5)
    const last = idsOf(start).at(-1)!
    const [byGet, byPost, whole] = await Promise.all([
      send('GET', 'k', { after: last }).then(response => response.text()),
      send('POST', 'k', { after: last }).then(response => response.text()),
      send('GET', 'k', { after: 0 }).then(response => response.text()),
    ])
    expect(byPost).toBe(byGet)
    expect(start + byGet).toBe(whole)
    expect(idsOf(whole)).toEqual(upTo(idsOf(whole).length))
    expect(
      await collectText(
        readStream(new Response(whole, { headers: { 'content-type': 'text/event-stream' } })),
      ),
    ).toBe(LONG)
    expect(service.requests).toHaveLength(1)
    await until(() => uses.length === 1)
    expect(uses[0]).toMatchObject({ outcome: 'complete', estimated: false })
  })

  it('is asked for once by two who ask at once', async () => {
    const { send, service } = keptRelay({}, { chunkDelay: 1 })
    const texts = await Promise.all(Array.from({ length: 9 }, async () => (await send('POST', 'k')).text()))
    expect(new Set(texts).size).toBe(1)
    expect(service.requests).toHaveLength(1)
  })

  it('is charged once, whoever reads it', async () => {
    const { send, uses } = keptRelay({ limits: { requestsPerMinute: 1 } })
    for (let i = 0; i < 4; i++) expect((await (await send('POST', 'k')).text()).length).toBeGreaterThan(100)
    expect(uses).toHaveLength(1)
    expect((await send('POST', 'other')).status).toBe(429)
  })

  it('is another request with another body, path or key', async () => {
    const { send, handle } = keptRelay()
    await (await send('POST', 'k')).text()
    expect(await errorOf(await send('POST', 'k', { body: { ...asked, temperature: 1 } }))).toMatchObject({
      status: 422,
      code: 'key_reused',
    })
    const headers = { 'idempotency-key': 'k' }
    expect((await handle(visit(asked, { headers, url: `${APP}/v1/responses` }))).status).toBe(422)
  })

  it('is over when its user stops it: the service sees it, and so does every reader', async () => {
    const { send, service, uses } = keptRelay({}, { chunkDelay: 5 })
    const first = await send('POST', 'k')
    const second = await send('GET', 'k')
    const reading = Promise.all([first.text(), second.text()])
    await until(() => service.requests.length === 1)
    await new Promise(resolve => setTimeout(resolve, 30))
    expect((await send('DELETE', 'k')).status).toBe(204)
    await until(() => service.requests[0]!.aborted)
    for (const text of await reading) {
      expect(text.match(/"code":"stopped"/g)).toHaveLength(1)
      expect(text.endsWith(': end\n\n')).toBe(true)
    }
    await until(() => uses.length === 1)
    expect(uses[0]).toMatchObject({ outcome: 'stopped', estimated: true })
    expect(await (await send('GET', 'k')).text()).toBe((await reading)[1])
    expect((await send('DELETE', 'k')).status).toBe(204)
  })

  it('is stopped while the service is silent', async () => {
    const { send, service } = keptRelay({}, { faults: { stall: 3 } })
    const reading = (await send('POST', 'k')).text()
    await new Promise(resolve => setTimeout(resolve, 20))
    await send('DELETE', 'k')
    expect(await reading).toContain('"code":"stopped"')
    await until(() => service.requests[0]!.aborted)
  })

  it('ends without readers after the time that it may go on for', async () => {
    const { send, service, uses } = keptRelay({ maxDetachedMs: 30 }, { faults: { stall: 5 } })
    await readSome(await send('POST', 'k'), 3)
    await until(() => service.requests[0]!.aborted)
    await until(() => uses.length === 1)
    expect(uses[0]).toMatchObject({ outcome: 'left' })
    expect(await (await send('GET', 'k')).text()).toContain('"code":"left"')
  })

  it('tells every reader of a cut, also the one who comes later', async () => {
    const { send } = keptRelay({}, { faults: { cut: 5 } })
    const first = await (await send('POST', 'k')).text()
    expect(first).toContain('"code":"upstream_cut"')
    expect(idsOf(first)).toEqual(upTo(6))
    expect(await (await send('POST', 'k')).text()).toBe(first)
    const error = await failureOf(collectText(readStream(await send('GET', 'k'))))
    expect(error).toMatchObject({ name: 'IncompleteStreamError', code: 'upstream_cut' })
  })

  it('is asked for again with the same key where the service had refused', async () => {
    const { send, service } = keptRelay({}, { faults: [{ status: 503 }, { reset: 'headers' }] })
    for (const status of [503, 502, 200, 200]) expect((await send('POST', 'k')).status).toBe(status)
    expect(service.requests).toHaveLength(3)
  })

  it('is asked for by the second of two where the first was refused', async () => {
    const { send, service } = keptRelay({}, { faults: [{ status: 503, delay: 20 }] })
    const [first, second] = await Promise.all([send('POST', 'k'), send('POST', 'k')])
    expect([first.status, second.status]).toEqual([503, 200])
    expect(service.requests).toHaveLength(2)
    await second.text()
  })

  it('ends with nothing where there is nothing after an event', async () => {
    const { send } = keptRelay()
    const all = idsOf(await (await send('POST', 'k')).text()).length
    for (const after of [all, all + 1, 999_999]) {
      const response = await send('GET', 'k', { after })
      expect([response.status, await response.text()]).toEqual([204, ''])
    }
  })

  it.each(['-1', '1.5', 'abc', '1e3', '99999999999999999999', '0x10'])(
    'does not take %s for an event',
    async id => {
      const { handle } = keptRelay()
      const headers = { 'idempotency-key': 'k', 'last-event-id': id }
      expect(await errorOf(await handle(visit(asked, { method: 'GET', headers })))).toMatchObject({
        status: 400,
        code: 'bad_event_id',
      })
    },
  )

  it.each(['', ' ', 'a b', 'é', 'x'.repeat(256)])('does not take %j for a key', async key => {
    const { handle } = keptRelay()
    const url = `${CHAT}?idempotency-key=${encodeURIComponent(key)}`
    expect(await errorOf(await handle(visit(asked, { url })))).toMatchObject({ status: 400, code: 'bad_key' })
  })

  it('is read by an EventSource, which has no headers of its own', async () => {
    const { send, handle } = keptRelay()
    const whole = await (await send('POST', 'k')).text()
    const response = await handle(visit(null, { method: 'GET', url: `${CHAT}?idempotency-key=k` }))
    expect(await response.text()).toBe(whole)
  })

  it('is gone for who asks by POST for the rest of what is forgotten, and the service is not asked', async () => {
    const { send, service } = keptRelay()
    expect(await errorOf(await send('POST', 'k', { after: 3 }))).toMatchObject({
      status: 410,
      code: 'stream_gone',
    })
    expect(service.requests).toHaveLength(0)
    expect(await (await send('POST', 'k')).text()).toContain('[DONE]')
  })

  it('is gone for who was never there', async () => {
    const { send, handle } = keptRelay()
    expect(await errorOf(await send('GET', 'none'))).toMatchObject({ status: 410, code: 'stream_gone' })
    expect((await handle(visit(null, { method: 'GET' }))).status).toBe(400)
    expect((await handle(visit(null, { method: 'DELETE' }))).status).toBe(400)
  })

  it("is nobody else's", async () => {
    const { send, service } = keptRelay({}, { chunkDelay: 1 })
    const response = await send('POST', 'k')
    expect((await send('GET', 'k', { user: 'bob' })).status).toBe(410)
    expect((await send('DELETE', 'k', { user: 'bob' })).status).toBe(204)
    const other = await send('POST', 'k', { user: 'bob', body: { ...asked, temperature: 0 } })
    expect(other.status).toBe(200)
    expect(await response.text()).toContain('[DONE]')
    expect(service.requests).toHaveLength(2)
    await other.text()
  })

  it('is as fast as the service for a reader who is slow, whom the store then serves', async () => {
    const big = 'x'.repeat(2000)
    const text = sse(
      ...Array.from({ length: 900 }, () => chunk({ content: big })),
      chunk({}, 'stop'),
      '[DONE]',
    )
    const { send, uses } = keptRelay({
      fetch: async () => new Response(text, { headers: { 'content-type': 'text/event-stream' } }),
    })
    const response = await send('POST', 'k')
    await until(() => uses.length === 1)
    expect(await collectText(readStream(response))).toHaveLength(900 * 2000)
  })

  it('tells its reader when the log is full, and ends the request', async () => {
    const { send, uses } = keptRelay({ streams: memoryStreams({ maxChars: 3000 }) }, { chunkDelay: 1 })
    const error = await failureOf(collectText(readStream(await send('POST', 'k'))))
    expect(error).toMatchObject({ name: 'LimitError', code: 'log_full' })
    await until(() => uses.length === 1)
    expect(uses[0]!.outcome).toBe('failed')
    expect(await failureOf(collectText(readStream(await send('GET', 'k'))))).toMatchObject({
      name: 'LimitError',
    })
  })

  it('tells its reader that it is lost where its lease has ended, not that its log is full', async () => {
    const store = memoryStreams({ lease: 40 })
    const streams = streamStore({ ...store, lease: 1e9 })
    const { send } = keptRelay({ streams }, { faults: { stall: 3 } })
    const reading = failureOf(collectText(readStream(await send('POST', 'k'))))
    const other = await failureOf(collectText(readStream(await send('GET', 'k'))))
    expect(other).toMatchObject({ name: 'IncompleteStreamError', code: 'writer_lost' })
    await send('DELETE', 'k')
    expect(await reading).toMatchObject({ name: 'IncompleteStreamError', code: 'stopped' })
  })

  it('is told why by a store that takes its time', async () => {
    const store = memoryStreams()
    const slowly = async () => new Promise(resolve => setTimeout(resolve, 20))
    const streams = streamStore({
      ...store,
      append: async (...given: Parameters<typeof store.append>) =>
        slowly().then(() => store.append(...given)),
      read: async (...given: Parameters<typeof store.read>) => slowly().then(() => store.read(...given)),
    })
    for (let i = 0; i < 5; i++) {
      const { send } = keptRelay({ streams }, { chunkDelay: 3 })
      const reading = failureOf(collectText(readStream(await send('POST', `k${i}`))))
      await new Promise(resolve => setTimeout(resolve, 30 + 7 * i))
      // As another process does it.
      await store.close(
        `anna:k${i}`,
        'event: error\ndata: {"error":{"message":"x","name":"IncompleteStreamError","code":"stopped"}}\n\n',
      )
      expect(await reading).toMatchObject({ code: 'stopped' })
    }
  })

  it('answers without a log where the store is down, and says so', async () => {
    const store = memoryStreams()
    const down = () => Promise.reject(new Error('redis://secret@host is down'))
    const { send, errors } = keptRelay({ streams: streamStore({ ...store, create: down }) })
    const response = await send('POST', 'k')
    expect(response.headers.get('x-relay-resumable')).toBe('0')
    expect(await response.text()).toContain('[DONE]')
    expect(errors).toHaveLength(1)
    const reading = keptRelay({ streams: streamStore({ ...store, read: down, close: down }) })
    for (const method of ['GET', 'DELETE']) {
      const refused = await reading.send(method, 'k')
      expect(refused.headers.get('retry-after')).toBe('1')
      expect(await errorOf(refused)).toMatchObject({
        status: 503,
        code: 'store_failed',
        message: expect.not.stringContaining('redis'),
      })
    }
  })

  it('goes on for who reads along where the store fails in the middle, and tells who comes back', async () => {
    const store = memoryStreams()
    let appends = 0
    const streams = streamStore({
      ...store,
      append: (...given: Parameters<typeof store.append>) => {
        if (++appends > 3) return Promise.reject(new Error('down'))
        return store.append(...given)
      },
    })
    const { send, errors } = keptRelay({ streams }, { chunkDelay: 1 })
    const text = await (await send('POST', 'k')).text()
    expect(text).toContain('[DONE]')
    expect(errors.length).toBeGreaterThan(0)
    const late = await (await send('GET', 'k')).text()
    expect(late).toContain('"code":"writer_lost"')
    expect(late).not.toContain('[DONE]')
  })

  it('is given to the client, whose plain requests are not kept', async () => {
    const { handle, service } = keptRelay()
    const client = createClient({
      baseUrl: `${APP}/api/v1`,
      apiKey: () => 'user-anna',
      fetch: fetchOf(handle),
    })
    const options = { idempotencyKey: 'a-b' }
    const request = question as ChatCompletionRequest
    const one = await finalCompletion(streamChatCompletion(client, request, options))
    const two = await finalCompletion(streamChatCompletion(client, request, options))
    expect(two).toEqual(one)
    expect(service.requests).toHaveLength(1)
    expect(JSON.stringify(one)).not.toContain(KEY)
  })
})
