import { describe, expect, it, vi } from 'vitest'
import { memoryStreams } from '../../src/relay/index.ts'
import { storeContract } from './store-contract.ts'

storeContract('memoryStreams', async () => {
  // One store for each set of times, as all of it is in this process.
  const stores = new Map<string, ReturnType<typeof memoryStreams>>()
  return {
    open(options) {
      const name = JSON.stringify(options)
      const store = stores.get(name) ?? memoryStreams(options)
      stores.set(name, store)
      return store
    },
    close: async () => {},
  }
})

describe('memoryStreams', () => {
  it('lets the oldest logs go that have ended when all are too large, and takes no more where none has', async () => {
    const store = memoryStreams({ maxTotalChars: 100 })
    for (const id of ['a', 'b', 'c']) {
      await store.create(id, 'm')
      expect(await store.append(id, 0, ['x'.repeat(40)])).toBe(true)
      if (id !== 'b') await store.close(id)
    }
    expect(await store.read('a', 0)).toBeUndefined()
    expect(await store.read('b', 0)).toBeDefined()
    await store.create('d', 'm')
    expect(await store.append('d', 0, ['x'.repeat(70)])).toBe(false)
  })

  it('takes no writer for dead where the clock is put forward', async () => {
    const store = memoryStreams()
    await store.create('a', 'm')
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 })
    try {
      expect(await store.append('a', 0, ['x'])).toBe(true)
      expect(await store.read('a', 0)).toEqual({ events: ['x'], closed: false })
    } finally {
      vi.useRealTimers()
    }
  })
})
