import { isWorker } from './is-worker.ts'

/** How often a Worker's request says that it is alive, and how long it is believed, in milliseconds. */
const BEAT = 1000
const BELIEVED = 3000

/** What a call holds, for as long as it lives. */
export interface Lease {
  release(): void
}

/** Leases of one kind, the oldest first. */
export interface Leases {
  /** How many are held by calls that live. */
  size(): number
  oldest(): Lease | undefined
  take(): Lease
}

/**
 * Counts what calls hold. A Cloudflare Worker's request may end without another word, when its visitor goes, and may not be
 * waited for by another: there a lease ends by itself, unless a timer of the very request that took it goes on renewing it.
 */
export function createLeases(): Leases {
  const held = new Map<Lease, { until: number }>()
  const needsBeat = isWorker()
  /** The oldest, and what gives those after it: to look for a map's first is to walk over all that were taken out before. */
  let first: Lease | undefined
  let rest: Iterator<Lease, undefined> | undefined

  function dropDead(): void {
    if (!needsBeat) return
    const now = Date.now()
    for (const [lease, { until }] of held) if (until < now) held.delete(lease)
  }

  return {
    size() {
      dropDead()
      return held.size
    },
    oldest() {
      dropDead()
      while (!first || !held.has(first)) {
        rest ??= held.keys()
        first = rest.next().value
        if (first) continue
        // An iterator that has come to the end stays there.
        rest = undefined
        if (!held.size) break
      }
      return first
    },
    take() {
      dropDead()
      const life = { until: Date.now() + BELIEVED }
      const timer = needsBeat
        ? setInterval(() => {
            life.until = Date.now() + BELIEVED
            // An isolate that computed for longer than that took it for dead.
            held.set(lease, life)
          }, BEAT)
        : undefined
      const lease: Lease = {
        release() {
          clearInterval(timer)
          held.delete(lease)
        },
      }
      held.set(lease, life)
      return lease
    },
  }
}
