import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type QuotaStore,
  redisQuota,
  redisStreams,
  upstashQuota,
  upstashStreams,
} from '../../src/relay/index.ts'
import { failureOf } from '../client/harness.ts'
import { findRedis, type RedisServer, startRedis } from '../support/redis-server.ts'
import { type RedisOverHttp, startRedisOverHttp } from './redis-over-http.ts'
import { storeContract } from './store-contract.ts'

const command = findRedis()
if (!command) {
  const reason = 'There is no redis-server: apt-get install redis-server'
  if (process.env.CI === 'true') throw new Error(reason)
  console.warn(`SKIPPED streams in Redis. ${reason}.`)
}

describe.skipIf(!command)('streams in Redis', () => {
  let server: RedisServer
  let http: RedisOverHttp
  const clients: Redis[] = []
  const connect = () => {
    const client = new Redis(server.url)
    clients.push(client)
    return client
  }
  beforeAll(async () => {
    server = await startRedis(command!)
    http = await startRedisOverHttp(connect())
  })
  afterAll(async () => {
    await http?.close()
    for (const client of clients) client.disconnect()
    await server?.close()
  })

  /** The commands of a client in the shape that `redis` for Node gives them. */
  const sendCommand = (client: Redis) => ({
    sendCommand: ([name, ...args]: string[]) => client.call(name!, ...args),
  })
  /** The same for Bun's own. */
  const send = (client: Redis) => ({ send: (name: string, args: string[]) => client.call(name, ...args) })

  storeContract('redisStreams of ioredis', async () => ({
    open: options => redisStreams(connect(), { ...options, poll: 60 }),
    close: async () => {},
  }))
  storeContract('redisStreams of a client with sendCommand', async () => ({
    open: options => redisStreams(sendCommand(connect()), { ...options, poll: 60, prefix: 'n:' }),
    close: async () => {},
  }))
  storeContract('upstashStreams', async () => ({
    open: options => upstashStreams({ ...options, poll: 60, url: http.url, token: http.token, prefix: 'u:' }),
    close: async () => {},
  }))

  it('keep no key longer than they say, whatever becomes of the writer', async () => {
    const client = connect()
    const store = redisStreams(client, { prefix: 'keys:', ttl: 5000 })
    await store.create('a', 'm')
    await store.append('a', 0, ['x'])
    await store.create('b', 'm')
    await store.append('b', 0, ['x'])
    await store.close('b')
    const keys = await client.keys('keys:*')
    expect(keys.sort()).toEqual([
      'keys:{a}:events',
      'keys:{a}:lease',
      'keys:{a}:state',
      'keys:{b}:events',
      'keys:{b}:state',
    ])
    for (const key of keys) expect(await client.pttl(key)).toBeGreaterThan(0)
    expect(await client.pttl('keys:{b}:events')).toBeLessThanOrEqual(5000)
    await store.create('c', 'm')
    await store.close('c')
    expect(await client.keys('keys:{c}*')).toEqual([])
  })

  it('look less often the longer they wait', async () => {
    const before = http.requests
    const store = upstashStreams({ url: http.url, token: http.token, prefix: 'poll:' })
    await store.create('a', 'm')
    const controller = new AbortController()
    const failing = failureOf(store.read('a', 0, controller.signal))
    await new Promise(resolve => setTimeout(resolve, 1200))
    controller.abort()
    await failing
    expect(http.requests - before).toBeLessThan(9)
  })

  it('look once for all readers of a process who wait for the same', async () => {
    const store = upstashStreams({ url: http.url, token: http.token, prefix: 'shared:' })
    await store.create('a', 'm')
    const before = http.requests
    const controllers = Array.from({ length: 50 }, () => new AbortController())
    const reading = controllers.map(({ signal }) =>
      store.read('a', 0, signal).catch(() => 'aborted' as const),
    )
    await new Promise(resolve => setTimeout(resolve, 300))
    for (const controller of controllers.slice(1)) controller.abort()
    await store.append('a', 0, ['x'])
    const parts = await Promise.all(reading)
    expect(parts[0]).toEqual({ events: ['x'], closed: false })
    expect(new Set(parts.slice(1))).toEqual(new Set(['aborted']))
    expect(http.requests - before).toBeLessThan(12)
    const gone = new AbortController()
    const failing = failureOf(store.read('a', 1, gone.signal))
    gone.abort()
    await failing
    const after = http.requests
    await new Promise(resolve => setTimeout(resolve, 300))
    expect(http.requests - after).toBeLessThan(2)
  })

  it('tell what is wrong over HTTP, without the token', async () => {
    const error = await failureOf(upstashStreams({ url: http.url, token: 'wrong-token' }).create('a', 'm'))
    expect(error.message).toBe('Redis over HTTP: 401 WRONGPASS invalid token')
    const page = upstashStreams({
      url: http.url,
      token: 't',
      fetch: async () => new Response('<html>', { status: 502 }),
    })
    expect((await failureOf(page.create('a', 'm'))).message).toBe('Redis over HTTP: 502 no JSON')
  })

  const quotas: [string, (prefix: string) => QuotaStore][] = [
    ['redisQuota of ioredis', prefix => redisQuota(connect(), { prefix })],
    ['redisQuota of a client with send', prefix => redisQuota(send(connect()), { prefix })],
    ['upstashQuota', prefix => upstashQuota({ url: http.url, token: http.token, prefix })],
  ]
  describe.each(quotas)('%s', (name, open) => {
    it('counts over all processes, and forgets at its time', async () => {
      const [one, two] = [open(`${name}:`), open(`${name}:`)]
      const sums = await Promise.all(
        Array.from({ length: 20 }, (_, index) => [one, two][index % 2]!.add('a', 2, 300)),
      )
      expect(sums.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => 2 * index + 2))
      expect(await one.add('a', -30, 300)).toBe(10)
      await new Promise(resolve => setTimeout(resolve, 350))
      expect(await two.add('a', 1, 300)).toBe(1)
    })

    it('gives places to so many, until they are given back or not renewed', async () => {
      const [one, two] = [open(`${name}:`), open(`${name}:`)]
      const taken = await Promise.all(
        Array.from({ length: 10 }, (_, index) => [one, two][index % 2]!.hold('p', `${index}`, 3, 300)),
      )
      expect(taken.filter(Boolean)).toHaveLength(3)
      const holder = `${taken.indexOf(true)}`
      expect(await two.hold('p', holder, 3, 300)).toBe(true)
      expect(await two.hold('p', 'late', 3, 300)).toBe(false)
      await one.release('p', holder)
      expect(await two.hold('p', 'late', 3, 300)).toBe(true)
      await new Promise(resolve => setTimeout(resolve, 350))
      expect(await Promise.all(['x', 'y', 'z'].map(id => one.hold('p', id, 3, 300)))).toEqual([
        true,
        true,
        true,
      ])
    })
  })
})
