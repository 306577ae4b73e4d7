import { describe, expect, it, vi } from 'vitest'
import { archivedStreams, memoryStreams } from '../../src/relay/index.ts'
import { until } from '../support/frames.ts'
import { question, relayOf, visit } from './harness.ts'
import { readAll, storeContract } from './store-contract.ts'

function mapStore() {
  const map = new Map<string, string>()
  return {
    map,
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
    removeItem: (key: string) => map.delete(key),
  }
}

storeContract('archivedStreams', async () => {
  const stores = new Map<string, ReturnType<typeof archivedStreams>>()
  return {
    open(options) {
      const name = JSON.stringify(options)
      const store =
        stores.get(name) ?? archivedStreams(memoryStreams(options), mapStore(), { ttl: options.ttl })
      stores.set(name, store)
      return store
    },
    close: async () => {},
  }
})

const asked = { ...question, stream: true }
const headers = { 'idempotency-key': 'k' }

describe('archivedStreams', () => {
  it('keeps an answer for who has not seen it, in one piece', async () => {
    const store = mapStore()
    const begin = () => relayOf({ streams: archivedStreams(memoryStreams(), store) })
    const whole = await (await begin().handle(visit(asked, { headers }))).text()
    await until(() => store.map.size === 1)
    const { handle, service } = begin()
    expect(await (await handle(visit(asked, { headers }))).text()).toBe(whole)
    expect(await (await handle(visit(asked, { headers, method: 'GET' }))).text()).toBe(whole)
    expect((await handle(visit({ ...asked, seed: 1 }, { headers }))).status).toBe(422)
    expect((await handle(visit(asked, { headers, method: 'GET', user: 'bob' }))).status).toBe(410)
    expect(service.requests).toHaveLength(0)
    expect([...store.map.keys()]).toEqual(['llmfetch:answer:anna:k'])
  })

  it('keeps nothing of what never began, nor of what another has stopped', async () => {
    const store = mapStore()
    const memory = memoryStreams()
    const streams = archivedStreams(memory, store)
    const { handle } = relayOf({ streams }, { faults: { status: 503 } })
    expect((await handle(visit(asked, { headers }))).status).toBe(503)
    await streams.create('a', 'm')
    await streams.append('a', 0, ['x'])
    await memory.close('a', 'stopped')
    expect(await streams.append('a', 1, ['y'])).toBe(false)
    expect(store.map.size).toBe(0)
    expect(await readAll(streams, 'a')).toEqual(['x', 'stopped'])
  })

  it('forgets a log that had no event', async () => {
    const memory = memoryStreams()
    const read = vi.fn(memory.read)
    const streams = archivedStreams({ ...memory, read }, mapStore())
    await streams.create('a', 'm')
    await streams.close('a')
    expect(read).toHaveBeenCalledOnce()
    await streams.close('a')
    expect(read).toHaveBeenCalledOnce()
  })

  it('answers without a log where it fails before, and tells the owner where it fails after', async () => {
    const store = mapStore()
    let isDown = true
    const failing = {
      ...store,
      getItem(key: string) {
        if (isDown) throw new Error('get is down')
        return store.getItem(key)
      },
      async setItem() {
        throw new Error('set is down')
      },
    }
    const { handle, errors } = relayOf({ streams: archivedStreams(memoryStreams(), failing) })
    const first = await handle(visit(asked, { headers }))
    expect([first.status, first.headers.get('x-relay-resumable')]).toEqual([200, '0'])
    await first.text()
    isDown = false
    const second = await handle(visit(asked, { headers }))
    expect(second.headers.get('x-relay-resumable')).toBe('1')
    const whole = await second.text()
    await until(() => errors.length === 2)
    expect(errors.map(error => (error as Error).message)).toEqual(['get is down', 'set is down'])
    expect(await (await handle(visit(asked, { headers, method: 'GET' }))).text()).toBe(whole)
  })

  it('takes an entry that is too old, or an object as unstorage gives it', async () => {
    const until = Date.now() + 60_000
    const entries: { [key: string]: unknown } = {
      'llmfetch:answer:old': JSON.stringify({ mark: 'm', events: ['x'], until: Date.now() - 1 }),
      'llmfetch:answer:new': { mark: 'm', events: ['x', 'y'], until },
    }
    const streams = archivedStreams(memoryStreams(), {
      getItem: async key => entries[key],
      setItem: () => {},
      removeItem: () => {},
    })
    expect(await streams.read('old', 0)).toBeUndefined()
    expect(await streams.create('old', 'n')).toBeUndefined()
    expect(await streams.read('new', 1)).toEqual({ events: ['y'], closed: true })
    expect(await streams.create('new', 'n')).toBe('m')
  })
})
