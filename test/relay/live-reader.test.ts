import { describe, expect, it, vi } from 'vitest'
import { createLiveReader } from '../../src/relay/live-reader.ts'

describe('the reader who asked', () => {
  it('leaves no listener behind, however often it waits', async () => {
    const live = createLiveReader(async () => undefined)
    const { signal } = new AbortController()
    const added = vi.spyOn(signal, 'addEventListener')
    const removed = vi.spyOn(signal, 'removeEventListener')
    for (let count = 0; count < 20; count++) {
      const reading = live.read(count, signal)
      expect(added.mock.calls.length - removed.mock.calls.length).toBe(1)
      live.push([`event ${count}`])
      expect(await reading).toEqual({ events: [`event ${count}`], closed: false })
    }
    expect(added.mock.calls.length - removed.mock.calls.length).toBe(0)
  })

  it('is let go when it leaves, also where nothing comes any more', async () => {
    const live = createLiveReader(async () => undefined)
    const controller = new AbortController()
    const reading = live.read(0, controller.signal)
    controller.abort()
    expect(await reading).toEqual({ events: [], closed: false })
  })
})
