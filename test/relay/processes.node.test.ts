import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collectText, readStream, resume } from '../../src/index.ts'
import { type FakeServer, startFakeServer } from '../../src/testing/server.ts'
import { failureOf } from '../client/harness.ts'
import { until } from '../support/frames.ts'
import { findRedis, type RedisServer, startRedis } from '../support/redis-server.ts'
import { KEY, question } from './harness.ts'

const redis = findRedis()
if (!redis) {
  const reason = 'There is no redis-server: apt-get install redis-server'
  if (process.env.CI === 'true') throw new Error(reason)
  console.warn(`SKIPPED relays in several processes. ${reason}.`)
}

const LEASE = 3000

describe.skipIf(!redis)('relays in several processes, with Redis', () => {
  let server: RedisServer
  let service: FakeServer
  const children: ChildProcess[] = []

  async function start(): Promise<{ url: string; child: ChildProcess }> {
    const file = fileURLToPath(new URL('relay-process.ts', import.meta.url))
    const child = spawn(process.execPath, ['--no-warnings', file, server.url, service.baseUrl, `${LEASE}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(child)
    const [line] = await once(child.stdout!, 'data')
    return { url: `${line}`.trim(), child }
  }

  beforeAll(async () => {
    server = await startRedis(redis!)
    service = await startFakeServer({ apiKey: KEY, chunkDelay: 20, reply: () => 'word '.repeat(500) })
  })
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL')
    await service?.close()
    await server?.close()
  })

  const headers = { authorization: 'Bearer user-anna', 'idempotency-key': 'k' }
  const init = { method: 'POST', headers, body: JSON.stringify({ ...question, stream: true }) }

  it('tell every reader of a writer that was killed, within its lease, and never ask again', {
    timeout: 60_000,
  }, async () => {
    const [writer, reader] = [await start(), await start()]
    const path = '/v1/chat/completions'
    const first = await fetch(writer.url + path, init)
    await first.body!.getReader().read()
    // One reads on at another process, one comes back there by itself, one has not come yet.
    const waiting = failureOf(collectText(readStream(await fetch(reader.url + path, { headers }))))
    let isDead = false
    const moving: typeof fetch = (input, init) =>
      fetch(isDead ? `${input}`.replace(writer.url, reader.url) : `${input}`, init)
    const coming = failureOf(
      collectText(readStream(await resume({ initialDelay: 20 })(moving)(writer.url + path, init))),
    )
    await new Promise(resolve => setTimeout(resolve, 300))
    isDead = true
    writer.child.kill('SIGKILL')
    for (const told of await Promise.all([waiting, coming]))
      expect(told).toMatchObject({ name: 'IncompleteStreamError' })
    expect(await waiting).toMatchObject({ code: 'writer_lost' })
    const late = await fetch(reader.url + path, { headers: { ...headers, 'last-event-id': '99' } })
    expect([late.status, (await late.json()).error.code]).toEqual([410, 'stream_gone'])
    const again = await fetch(reader.url + path, { ...init, headers: { ...headers, 'last-event-id': '99' } })
    expect(again.status).toBe(410)
    expect(service.requests).toHaveLength(1)
    await until(() => service.requests[0]!.aborted)
  })

  it('stop a stream for each other', { timeout: 60_000 }, async () => {
    service.reset()
    const [writer, other] = [await start(), await start()]
    const path = '/v1/chat/completions'
    const mine = { ...headers, 'idempotency-key': 'stop' }
    const reading = failureOf(
      collectText(readStream(await fetch(writer.url + path, { ...init, headers: mine }))),
    )
    expect((await fetch(other.url + path, { method: 'DELETE', headers: mine })).status).toBe(204)
    expect(await reading).toMatchObject({ name: 'IncompleteStreamError', code: 'stopped' })
    await until(() => service.requests[0]!.aborted)
  })
})
