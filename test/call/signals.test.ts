import { describe, expect, it, vi } from 'vitest'
import { onAbort, untilAborted } from '../../src/call/signals.ts'
import { counted, deferred, failureOf } from '../client/harness.ts'

describe('onAbort', () => {
  it('shares one listener, and leaves none', () => {
    const { controller, listeners } = counted()
    const stops = Array.from({ length: 100 }, () => onAbort(controller.signal, () => {}))
    expect(listeners()).toBe(1)
    for (const stop of stops) stop()
    expect(listeners()).toBe(0)
    onAbort(controller.signal, () => {})()
    expect(listeners()).toBe(0)
  })

  it('tells each callback that was not taken back, once', () => {
    const controller = new AbortController()
    const told = [vi.fn(), vi.fn(), vi.fn()]
    const stops = told.map(callback => onAbort(controller.signal, callback))
    stops[1]!()
    controller.abort()
    controller.abort()
    expect(told.map(({ mock }) => mock.calls.length)).toEqual([1, 0, 1])
  })

  it('tells at once if it was aborted before', () => {
    const callback = vi.fn()
    onAbort(AbortSignal.abort(), callback)()
    expect(callback).toHaveBeenCalledOnce()
  })

  it('tells of a polyfill, whose event has no target', () => {
    const listeners = new Set<(event: Event) => void>()
    const signal = {
      aborted: false,
      addEventListener: (_: string, listener: (event: Event) => void) => listeners.add(listener),
      removeEventListener: (_: string, listener: (event: Event) => void) => listeners.delete(listener),
    }
    const callback = vi.fn()
    onAbort(signal as unknown as AbortSignal, callback)
    for (const listener of listeners) listener(new Event('abort'))
    expect(callback).toHaveBeenCalledOnce()
    expect(listeners.size).toBe(0)
  })

  it('tells of a proxy, whose event has the signal behind it as its target', () => {
    const { controller, listeners } = counted()
    const proxy = new Proxy(controller.signal, {
      get(signal, name) {
        const value = Reflect.get(signal, name, signal)
        return typeof value === 'function' ? value.bind(signal) : value
      },
    })
    const callback = vi.fn()
    onAbort(proxy, callback)
    controller.abort()
    expect(callback).toHaveBeenCalledOnce()
    expect(listeners()).toBe(0)
  })

  it('lets a callback take others back', () => {
    const controller = new AbortController()
    const second = vi.fn()
    let stop = () => {}
    onAbort(controller.signal, () => stop())
    stop = onAbort(controller.signal, second)
    controller.abort()
    expect(second).not.toHaveBeenCalled()
  })
})

describe('untilAborted', () => {
  it('settles as the work does, and leaves no listener', async () => {
    const { controller, listeners } = counted()
    expect(await untilAborted(controller.signal, Promise.resolve(5))).toBe(5)
    const reason = new Error('work')
    expect(await failureOf(untilAborted(controller.signal, Promise.reject(reason)))).toBe(reason)
    await Promise.resolve()
    expect(listeners()).toBe(0)
  })

  it.each([new Error('mine'), Object.freeze(new Error('frozen')), 'a text', 0, { why: 1 }])(
    "rejects with the signal's own reason: %s",
    async reason => {
      const controller = new AbortController()
      const { promise, reject } = deferred()
      const result = failureOf(untilAborted(controller.signal, promise))
      controller.abort(reason)
      expect(await result).toBe(reason)
      // It is of no interest any more, and must not be reported as unhandled.
      reject(new Error('late'))
      await Promise.resolve()
    },
  )
})
