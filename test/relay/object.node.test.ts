import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  type ChatCompletionRequest,
  collectText,
  createClient,
  readStream,
  resume,
  streamChatCompletion,
} from '../../src/index.ts'
import { type FakeServer, startFakeServer } from '../../src/testing/server.ts'
import { KEY, question } from './harness.ts'
import { bundleObject, type RunningObject, runObject } from './run-object.ts'
import { readAll, storeContract } from './store-contract.ts'

const LONG = Array.from({ length: 60 }, (_, index) => `w${index} `).join('')
const asked = { ...question, stream: true }

let service: FakeServer
let script: string
beforeAll(async () => {
  service = await startFakeServer({
    reply: ({ messages }) => (messages.at(-1)!.content === 'long' ? 'word '.repeat(2000) : LONG),
    chunkDelay: 5,
    apiKey: KEY,
  })
  script = await bundleObject()
})
afterAll(() => service?.close())

const started: RunningObject[] = []
async function start(options: object = {}, persist?: string): Promise<RunningObject> {
  const object = await runObject(script, service.baseUrl, options, persist)
  started.push(object)
  return object
}
afterAll(async () => {
  for (const object of started) await object.close()
})

let objects = 0
for (const checkpoint of [undefined, { everyMs: 50 }])
  storeContract(`the store of an object${checkpoint ? ' with checkpoints' : ''}`, async () => {
    script ??= await bundleObject()
    const object = await runObject(script, 'http://127.0.0.1:1')
    const name = `store-${objects++}`
    return { open: options => object.store(name, { ...options, checkpoint }), close: object.close }
  })

const idsOf = (text: string) => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))

async function readSome(response: Response, count: number): Promise<string> {
  const reader = response.body!.getReader()
  const decoder = new TextDecoder()
  let text = ''
  while (idsOf(text).length < count) text += decoder.decode((await reader.read()).value, { stream: true })
  await reader.cancel()
  return text
}

describe('a relay in a Durable Object', () => {
  let object: RunningObject
  beforeAll(async () => {
    object = await start({ limits: { concurrent: 2, tokensPerDay: 20_000, maxTokens: 500 } })
  }, 60_000)

  const send = (
    method: string,
    key: string | undefined,
    {
      user = 'anna',
      after,
      path = '/api/v1',
      word = 'Count',
      ...more
    }: { user?: string; after?: number; path?: string; word?: string; signal?: AbortSignal } = {},
  ) =>
    fetch(`${object.url}${path}/chat/completions`, {
      method,
      headers: {
        authorization: `Bearer user-${user}`,
        ...(key !== undefined && { 'idempotency-key': key }),
        ...(after !== undefined && { 'last-event-id': `${after}` }),
      },
      ...(method === 'POST' && {
        body: JSON.stringify({ ...asked, messages: [{ role: 'user', content: word }] }),
      }),
      ...more,
    })

  it('goes on when its visitor leaves, and is continued exactly', async () => {
    service.reset()
    const start = await readSome(await send('POST', 'leave'), 5)
    const last = idsOf(start).at(-1)!
    await new Promise(resolve => setTimeout(resolve, 400))
    const rest = await (await send('GET', 'leave', { after: last })).text()
    const whole = await (await send('GET', 'leave', { after: 0 })).text()
    expect(start + rest).toBe(whole)
    expect(idsOf(whole)).toEqual(Array.from({ length: idsOf(whole).length }, (_, index) => index + 1))
    expect(
      await collectText(
        readStream(new Response(whole, { headers: { 'content-type': 'text/event-stream' } })),
      ),
    ).toBe(LONG)
    expect(service.requests).toHaveLength(1)
    expect(service.requests[0]!.aborted).toBe(false)
  })

  it('serves readers who wait for the same stream', async () => {
    service.reset()
    const first = send('POST', 'many')
    const texts = await Promise.all(
      [first, ...Array.from({ length: 5 }, () => send('POST', 'many'))].map(async response =>
        (await response).text(),
      ),
    )
    expect(new Set(texts).size).toBe(1)
    expect(service.requests).toHaveLength(1)
  })

  it('ends the request of a visitor who leaves without a key', async () => {
    service.reset()
    const controller = new AbortController()
    const response = await send('POST', undefined, { signal: controller.signal, word: 'long' })
    await response.body!.getReader().read()
    controller.abort()
    await vi.waitFor(() => expect(service.requests[0]!.aborted).toBe(true), 5000)
  })

  it('stops a stream for its user, and for nobody else', async () => {
    service.reset()
    const response = await send('POST', 'stop')
    expect((await send('DELETE', 'stop', { user: 'bob' })).status).toBe(204)
    expect((await send('GET', 'stop', { user: 'bob' })).status).toBe(410)
    expect(service.requests[0]!.aborted).toBe(false)
    await send('DELETE', 'stop')
    expect(await response.text()).toContain('"code":"stopped"')
    await vi.waitFor(() => expect(service.requests[0]!.aborted).toBe(true))
  })

  it('counts exactly: so many at once, each by itself', async () => {
    const responses = await Promise.all(
      Array.from({ length: 4 }, (_, index) => send('POST', `count-${index}`)),
    )
    expect(responses.map(({ status }) => status).sort()).toEqual([200, 200, 429, 429])
    const other = await send('POST', 'count', { user: 'bob' })
    expect(other.status).toBe(200)
    await Promise.all([...responses, other].map(response => response.text()))
    await vi.waitFor(async () => {
      const again = await send('POST', `again-${Math.random()}`)
      await again.text()
      expect(again.status).toBe(200)
    }, 5000)
  })

  it('answers a page of another origin as a relay does', async () => {
    const preflight = await fetch(`${object.url}/api/v1/chat/completions`, {
      method: 'OPTIONS',
      headers: { origin: 'https://app.test', 'access-control-request-headers': 'idempotency-key' },
    })
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([
      204,
      'https://app.test',
    ])
    expect((await fetch(`${object.url}/api/v1/chat/completions`, { method: 'POST' })).status).toBe(401)
    const models = await fetch(`${object.url}/api/v1/models`, {
      headers: { authorization: 'Bearer user-anna' },
    })
    expect((await models.json()).data).toHaveLength(1)
  })

  it('is read by the client over lines that break', async () => {
    service.reset()
    let lines = 0
    const breaking = async (url: string, init: RequestInit) => {
      lines++
      const response = await fetch(url, init)
      let left = 2500
      const cut = new TransformStream<Uint8Array, Uint8Array>({
        transform(bytes, controller) {
          left -= bytes.length
          if (left < 0) controller.error(new TypeError('terminated'))
          else controller.enqueue(bytes)
        },
      })
      return new Response(response.body!.pipeThrough(cut), {
        status: response.status,
        headers: response.headers,
      })
    }
    const client = createClient({
      baseUrl: `${object.url}/api/v1`,
      apiKey: () => 'user-anna',
      fetch: resume({ initialDelay: 5 })(breaking),
    })
    expect(await collectText(streamChatCompletion(client, question as ChatCompletionRequest))).toBe(LONG)
    expect(lines).toBeGreaterThan(3)
    expect(service.requests).toHaveLength(1)
  })

  it('relays in a Worker without an object as well', async () => {
    const response = await send('POST', undefined, { path: '/plain/v1' })
    expect(await collectText(readStream(response))).toBe(LONG)
  })
})

describe('an object that ends', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'llmfetch-object-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('has in its tables what it wrote there, and tells a reader where the rest is missing', async () => {
    const options = { ttl: 60_000, lease: 60_000, maxChars: 1e6, checkpoint: { everyMs: 20 } }
    const first = await start({}, folder)
    const store = first.store('saved', options)
    const big = 'x'.repeat(300_000)
    await store.create('done', 'm')
    await store.append('done', 0, ['a', big, big, 'é😀'])
    await store.close('done')
    await store.create('cut', 'm')
    await store.append('cut', 0, ['a', 'b'])
    await store.append('cut', 2, ['c'])
    await new Promise(resolve => setTimeout(resolve, 200))
    expect(await first.add('saved', 'day', 5, 86_400_000)).toBe(5)
    expect(await first.add('saved', 'minute', 5, 60_000)).toBe(5)
    await first.close()

    const second = await start({}, folder)
    const again = second.store('saved', options)
    expect(await readAll(again, 'done')).toEqual(['a', big, big, 'é😀'])
    expect(await readAll(again, 'done', 3)).toEqual(['é😀'])
    expect(await again.read('done', 4)).toEqual({ events: [], closed: true })
    expect(await again.read('cut', 0)).toEqual({ events: ['a', 'b', 'c'], closed: false })
    expect(await again.read('cut', 1)).toEqual({ events: ['b', 'c'], closed: false })
    expect(await again.read('cut', 3)).toBeUndefined()
    expect([
      await again.create('done', 'n'),
      await again.create('cut', 'n'),
      (await again.create('new', 'n')) ?? null,
    ]).toEqual(['m', 'm', null])
    expect(await second.add('saved', 'day', 5, 86_400_000)).toBe(10)
  }, 60_000)
})
