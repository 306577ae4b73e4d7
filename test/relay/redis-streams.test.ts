import { expect, it, vi } from 'vitest'
import { redisStreams } from '../../src/relay/index.ts'
import { failureOf } from '../client/harness.ts'

it('looks as often as ever for a log whose writer here could not close it', async () => {
  vi.useFakeTimers()
  try {
    let looks = 0
    let isDown = false
    const store = redisStreams({
      async call(_name, ...args) {
        if (isDown) throw new Error('Redis is down')
        // Only a look says how many events it takes at most.
        if (args.at(-1) !== '1000') return null
        looks++
        return [0, []]
      },
    })
    await store.create('a', 'm')
    isDown = true
    expect(await failureOf(store.close('a'))).toMatchObject({ message: 'Redis is down' })
    isDown = false
    const controller = new AbortController()
    const reading = failureOf(store.read('a', 0, controller.signal))
    await vi.waitUntil(() => looks)
    const before = looks
    await vi.advanceTimersByTimeAsync(400)
    expect(looks - before).toBeGreaterThan(2)
    controller.abort()
    await reading
  } finally {
    vi.useRealTimers()
  }
})
