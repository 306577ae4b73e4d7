import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createStorage } from 'unstorage'
import redisDriver from 'unstorage/drivers/redis'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type CacheOptions,
  cache,
  createChatCompletion,
  createEmbedding,
  retry,
  timeout,
} from '../../src/index.ts'
import { createFakeFetch } from '../../src/testing/index.ts'
import { startFakeServer } from '../../src/testing/server.ts'
import { chatRequest, clientOf, KEY } from '../client/harness.ts'
import { requireBuild } from '../package/built.ts'
import { findRedis, type RedisServer, startRedis } from '../support/redis-server.ts'

const command = findRedis()
if (!command)
  console.warn('SKIPPED: no test of the cache over Redis. Debian and Ubuntu: apt-get install redis-server')

it.runIf(process.env.CI === 'true')('has a redis-server to test with', () => {
  expect(command).toBeDefined()
})

describe.runIf(command)('cache over Redis', { timeout: 60_000 }, () => {
  let redis: RedisServer
  const storages: { dispose(): Promise<void> }[] = []

  function openStorage(options: { ttl?: number; base?: string } = {}) {
    const driver = redisDriver({ url: redis.url, maxRetriesPerRequest: 1, ...options })
    // Where the connection is lost, ioredis would write lines of its own.
    const instance = driver.getInstance!() as { on(event: string, listener: () => void): void }
    instance.on('error', () => {})
    const storage = createStorage({ driver })
    storages.push(storage)
    return storage
  }

  function setUp(options: CacheOptions = {}) {
    const onError = vi.fn()
    const fetch = createFakeFetch({ reply: () => 'Hello "Ada" ☃ {"a":1}' })
    const client = clientOf(fetch, {
      policies: [cache({ store: openStorage(), onError, ...options }), retry(), timeout()],
    })
    const ask = async (call = {}) => {
      const { data, headers } = await createChatCompletion(client, chatRequest, call).withResponse()
      return [headers.get('x-llmfetch-cache') ?? 'asked', data.choices[0].message.content]
    }
    return { ask, client, fetch, onError }
  }

  beforeAll(async () => {
    redis = await startRedis(command!)
  })
  beforeEach(() => openStorage().clear())
  afterAll(async () => {
    await Promise.all(storages.map(storage => storage.dispose()))
    await redis.close()
  })

  it('shares answers between clients with one key, and with no other', async () => {
    const [one, other] = [setUp(), setUp()]
    const [, text] = await one.ask()
    expect(await other.ask()).toEqual(['hit', text])
    expect((await other.ask({ headers: { 'api-key': 'second' } }))[0]).toBe('asked')
    expect([one.onError, other.onError].map(({ mock }) => mock.calls)).toEqual([[], []])
  })

  it('shares vectors one by one', async () => {
    const [one, other] = [setUp(), setUp()]
    await createEmbedding(one.client, { model: 'fake-embed', input: ['b', 'c'] })
    const { data } = await createEmbedding(other.client, { model: 'fake-embed', input: ['a', 'b', 'c', 'd'] })
    expect(data).toHaveLength(4)
    expect(other.fetch.requests[0]!.body).toMatchObject({ input: ['a', 'd'] })
  })

  it('lets Redis drop what is over', async () => {
    const { ask } = setUp({ ttl: 90_500 })
    await ask()
    const driver = redisDriver({ url: redis.url })
    const instance = driver.getInstance!() as {
      keys(pattern: string): Promise<string[]>
      ttl(key: string): Promise<number>
      get(key: string): Promise<string>
      disconnect(): void
    }
    const keys = await instance.keys('*')
    expect(keys).toHaveLength(1)
    expect(keys[0]).toMatch(/^llmfetch:[0-9a-f]{64}$/)
    expect([90, 91]).toContain(await instance.ttl(keys[0]!))
    expect(`${keys[0]} ${await instance.get(keys[0]!)}`).not.toMatch(new RegExp(`${KEY}|Say hello`))
    instance.disconnect()
  })

  it('forgets, and refreshes', async () => {
    const { ask, fetch } = setUp()
    expect([(await ask())[0], (await ask({ cache: 'refresh' }))[0], (await ask())[0]]).toEqual([
      'asked',
      'asked',
      'hit',
    ])
    await openStorage().clear()
    expect((await ask())[0]).toBe('asked')
    expect(fetch.requests).toHaveLength(3)
  })

  it('does without a Redis that has gone', async () => {
    const gone = await startRedis(command!)
    const driver = redisDriver({ url: gone.url, maxRetriesPerRequest: 0, enableOfflineQueue: false })
    const instance = driver.getInstance!() as { on(event: string, listener: () => void): void }
    instance.on('error', () => {})
    await new Promise<void>(resolve => instance.on('ready', resolve))
    const storage = createStorage({ driver })
    storages.push(storage)
    const { ask, onError } = setUp({ store: storage })
    expect([(await ask())[0], (await ask())[0]]).toEqual(['asked', 'hit'])
    await gone.close()
    expect([(await ask())[0], (await ask())[0]]).toEqual(['asked', 'asked'])
    expect(onError).toHaveBeenCalledTimes(4)
  })

  it('shares answers between processes', async () => {
    requireBuild()
    await using server = await startFakeServer()
    const run = async (key: string) => {
      const file = join(import.meta.dirname, '../support/redis-client.mjs')
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [
        file,
        redis.url,
        server.baseUrl,
        key,
      ])
      expect(stderr).toBe('')
      return JSON.parse(stdout) as { text: string; sources: [string | null, number][] }
    }
    const asked = [null, 1]
    const first = await run('sk-one')
    expect(first.sources).toEqual([asked, asked])
    const second = await run('sk-one')
    expect(second).toEqual({
      text: first.text,
      sources: [
        ['hit', 0],
        ['partial', 1],
      ],
    })
    expect((await run('sk-two')).sources).toEqual([asked, asked])
    const inputs = server.requests.flatMap(({ body }) => (body as { input?: string[] }).input?.length ?? [])
    expect(inputs).toEqual([3, 1, 3])
  })
})
