import type { RelayQuota } from './quota-store.ts'
import { quotaStore } from './reserve.ts'

interface Counter {
  sum: number
  readonly expires: number
}

/** Looks for what has expired once so many keys are held. */
const SWEEP = 1000

/**
 * Counts in memory: right where one process, or one Durable Object, answers all requests of a user, and bypassed anywhere else.
 */
export function memoryQuota(): RelayQuota {
  const counters = new Map<string, Counter>()
  /** By key, when each holder's place ends. */
  const places = new Map<string, Map<string, number>>()
  let sweepAt = SWEEP

  function dropExpired(holders: Map<string, number>, now: number): void {
    for (const [id, expires] of holders) if (expires <= now) holders.delete(id)
  }

  function sweep(now: number): void {
    if (counters.size + places.size < sweepAt) return
    for (const [key, { expires }] of counters) if (expires <= now) counters.delete(key)
    for (const [key, holders] of places) {
      dropExpired(holders, now)
      if (!holders.size) places.delete(key)
    }
    // Twice what is left: a sweep that frees nothing must not come with every request.
    sweepAt = Math.max(SWEEP, 2 * (counters.size + places.size))
  }

  return quotaStore({
    async add(key, amount, ttl) {
      const now = performance.now()
      sweep(now)
      let counter = counters.get(key)
      if (!counter || counter.expires <= now) {
        counter = { sum: 0, expires: now + ttl }
        counters.set(key, counter)
      }
      counter.sum += amount
      return counter.sum
    },
    async hold(key, id, limit, ttl) {
      const now = performance.now()
      const holders = places.get(key) ?? new Map<string, number>()
      dropExpired(holders, now)
      if (!holders.has(id) && holders.size >= limit) return false
      places.set(key, holders.set(id, now + ttl))
      return true
    },
    async release(key, id) {
      const holders = places.get(key)
      holders?.delete(id)
      if (!holders?.size) places.delete(key)
    },
  })
}
