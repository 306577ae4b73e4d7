import { fileURLToPath } from 'node:url'
import type { KVNamespace } from '@cloudflare/workers-types'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { cache, collectText, createChatCompletion, createClient, readStream } from '../../src/index.ts'
import { type KvNamespace, kvQuota, kvStore } from '../../src/relay/index.ts'
import { createFakeFetch } from '../../src/testing/index.ts'
import { type FakeServer, startFakeServer } from '../../src/testing/server.ts'
import { KEY, question } from './harness.ts'

const WORDS = Array.from({ length: 20 }, (_, index) => `wörd${index} `).join('')
/** One answer as it is reserved, and some more as they are settled. */
const TOKENS = 700
const DAY = 86_400_000

/** Two Workers, each an isolate of its own, before one namespace of KV: as Cloudflare's places are, but without their delay. */
let miniflare: Miniflare
let service: FakeServer
let kv: KvNamespace
let urls: string[]

beforeAll(async () => {
  service = await startFakeServer({ apiKey: KEY, chunkDelay: 5, reply: () => WORDS })
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('kv-worker.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['node:*'],
    write: false,
  })
  const worker = (name: string) => ({
    name,
    modules: true,
    script: outputFiles[0]!.text,
    compatibilityDate: '2025-06-01',
    kvNamespaces: { KV: 'answers' },
    bindings: { SERVICE: service.baseUrl, KEY, TOKENS },
    unsafeDirectSockets: [{ port: 0 }],
  })
  miniflare = new Miniflare(convertV4MiniflareOptions({ port: 0, workers: [worker('a'), worker('b')] }))
  urls = await Promise.all(['a', 'b'].map(async name => (await miniflare.unsafeGetDirectURL(name)).origin))
  // As Workers' types have it, which must fit.
  kv = (await miniflare.getKVNamespace('KV', 'a')) as unknown as KVNamespace
}, 60_000)
afterAll(async () => {
  await miniflare?.dispose()
  await service?.close()
})

function send(place: number, method: string, key: string, user: string, content = 'Count') {
  return fetch(`${urls[place]}/v1/chat/completions`, {
    method,
    headers: { authorization: `Bearer user-${user}`, 'idempotency-key': key },
    ...(method === 'POST' && {
      body: JSON.stringify({ ...question, stream: true, messages: [{ role: 'user', content }] }),
    }),
  })
}

const isArchived = async (key: string) =>
  (await kv.list({ prefix: `llmfetch:answer:${key}` })).keys.length > 0

describe('a relay in Workers, with KV', () => {
  it('reads a finished answer in another isolate, and asks once', async () => {
    service.reset()
    const whole = await (await send(0, 'POST', 'once', 'anna')).text()
    expect(
      await collectText(
        readStream(new Response(whole, { headers: { 'content-type': 'text/event-stream' } })),
      ),
    ).toBe(WORDS)
    await vi.waitFor(async () => expect(await isArchived('anna:once')).toBe(true), 10_000)
    for (const method of ['GET', 'POST'])
      expect(await (await send(1, method, 'once', 'anna')).text()).toBe(whole)
    const after = await fetch(`${urls[1]}/v1/chat/completions`, {
      headers: { authorization: 'Bearer user-anna', 'idempotency-key': 'once', 'last-event-id': '7' },
    })
    const rest = await after.text()
    expect(rest).toMatch(/^id: 8\n/)
    expect(whole.endsWith(rest)).toBe(true)
    expect((await send(1, 'POST', 'once', 'anna', 'Another')).status).toBe(422)
    expect(service.requests).toHaveLength(1)
  })

  it('shows it to nobody else', async () => {
    for (const user of ['bob', 'ann', 'anna%3Aonce', 'anna:once'])
      expect((await send(1, 'GET', 'once', user)).status).toBe(410)
  })

  it('has no live log there: of a stream under way another isolate knows nothing', async () => {
    const response = await send(0, 'POST', 'live', 'carl')
    expect((await send(1, 'GET', 'live', 'carl')).status).toBe(410)
    await response.text()
    await vi.waitFor(async () => expect(await isArchived('carl:live')).toBe(true), 10_000)
    expect((await send(1, 'GET', 'live', 'carl')).status).toBe(200)
  })

  it('counts over isolates, and loses nothing that another has counted', async () => {
    const ask = async (place: number) => {
      const response = await send(place, 'POST', crypto.randomUUID(), 'dora')
      await response.text()
      return response.status
    }
    const statuses: number[] = []
    // By turns, with a second between two settlements of one isolate. Each looks but once in half a minute.
    for (let turn = 0; turn < 24; turn++) statuses.push(await ask(turn % 2))
    expect(new Set(statuses)).toEqual(new Set([200, 429]))
    expect(statuses.slice(-4)).toEqual([429, 429, 429, 429])
    const { keys } = await kv.list({ prefix: 'llmfetch:quota:dora:tokens:' })
    expect(keys).toHaveLength(2)
    const day = /^llmfetch:quota:(.*):[^:]+$/.exec(keys[0]!.name)![1]!
    const sum = keys.reduce((total, { metadata }) => total + (metadata as { sum: number }).sum, 0)
    // No place has more than it was given, and a third isolate knows of all of them.
    expect(sum).toBeGreaterThan(50)
    expect(await kvQuota(kv).add(day, 5, DAY)).toBe(sum + 5)
  })
})

describe('kvQuota', () => {
  it('counts what others have counted, and writes a key at most once a second', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const puts: string[] = []
    const counting: KvNamespace = {
      ...kv,
      get: key => kv.get(key),
      delete: key => kv.delete(key),
      list: options => kv.list(options),
      async put(key, value, options) {
        puts.push(key)
        await kv.put(key, value, options)
      },
    }
    try {
      const [one, two] = [kvQuota(counting), kvQuota(counting)]
      expect(await one.add('u:1', 100, DAY)).toBe(100)
      // What is reserved is told to nobody.
      expect(await two.add('u:1', 100, DAY)).toBe(100)
      expect(puts).toHaveLength(0)
      expect(await one.add('u:1', -90, DAY)).toBe(10)
      expect(await two.add('u:1', -80, DAY)).toBe(20)
      expect(puts).toHaveLength(2)
      expect([await one.add('u:1', 100, DAY), await one.add('u:1', -99, DAY)]).toEqual([110, 11])
      expect(puts).toHaveLength(2)
      vi.setSystemTime(Date.now() + 31_000)
      expect([await one.add('u:1', 100, DAY), await one.add('u:1', -99, DAY)]).toEqual([131, 32])
      expect(puts).toHaveLength(3)
      expect([await two.add('u:1', 100, DAY), await two.add('u:1', -100, DAY)]).toEqual([132, 32])
      // A request that was refused has changed nothing.
      expect(puts).toHaveLength(3)
      expect(await one.add('u:2', 1, DAY)).toBe(1)
      // A minute is over before another isolate would see it.
      expect(await one.add('minute', 1, 60_000)).toBe(1)
      expect(await two.add('minute', -1, 60_000)).toBe(-1)
      expect(puts).toHaveLength(3)
    } finally {
      vi.useRealTimers()
    }
  })

  it('holds places in the isolate alone', async () => {
    const [one, two] = [kvQuota(kv), kvQuota(kv)]
    expect([await one.hold('p', 'a', 1, 1000), await one.hold('p', 'b', 1, 1000)]).toEqual([true, false])
    expect(await two.hold('p', 'b', 1, 1000)).toBe(true)
  })

  it('sums more isolates than KV lists at once', async () => {
    const put = (index: number) => kv.put(`q:many:${index}`, '', { metadata: { sum: 1 } })
    for (let index = 0; index < 1100; index += 100)
      await Promise.all(Array.from({ length: 100 }, (_, more) => put(index + more)))
    expect(await kvQuota(kv, { prefix: 'q:' }).add('many', 1, DAY)).toBe(1101)
  }, 60_000)
})

describe('kvStore', () => {
  it('keeps what the cache policy gives it, for a minute at least', async () => {
    const model = createFakeFetch({})
    const ask = () =>
      createChatCompletion(
        createClient({
          apiKey: 'k',
          baseUrl: 'https://api.test/v1',
          fetch: model,
          policies: [cache({ store: kvStore(kv), ttl: 1000 })],
        }),
        { model: 'fake-small', messages: [{ role: 'user', content: 'Hi' }] },
      )
    const [first, second] = [await ask(), await ask()]
    expect(second).toEqual(first)
    expect(model.requests).toHaveLength(1)
    await kvStore(kv).setItem('x', 'y', {})
    expect(await kvStore(kv).getItem('x')).toBe('y')
    await kvStore(kv).removeItem('x')
    expect(await kvStore(kv).getItem('x')).toBeNull()
  })
})
