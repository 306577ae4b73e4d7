import { type KvNamespace, MIN_TTL } from './kv-namespace.ts'
import { memoryQuota } from './memory-quota.ts'
import type { RelayQuota } from './quota-store.ts'

export interface KvQuotaOptions {
  /** What the keys begin with. @default 'llmfetch:quota:' */
  readonly prefix?: string | undefined
}

/** Counters that are forgotten sooner would be over before another isolate sees them. */
const WORTH_KEEPING = 600_000

/** The time between two writes of a key, in milliseconds: KV takes one a second. */
const WRITE = 1000

/** The time between two looks at what others have counted, in milliseconds: it is a minute old anyway. */
const LOOK = 30_000

/** How many counters are remembered before old ones are looked for. */
const SWEEP = 1000

/** What an isolate knows of one counter. */
interface Known {
  /** What all other isolates have counted, when that was looked up. */
  others: number
  looked: number
  /** What this one has written of its own, and when. */
  written: number
  wrote: number
}

/**
 * Counts in Workers KV: late, as an isolate sees what others count after up to a minute, and until then each gives out what is left.
 * None writes over another: each isolate has a key of its own. Minutes and places are counted in the isolate alone. Where the numbers
 * must hold, count in the user's Durable Object (`RelayObject`) or in Redis.
 *
 * A request costs a write, at most one in a second, and a list of keys, at most one in 30 seconds.
 *
 * @example
 * relay({ ...options, limits: { tokensPerDay: 50_000 }, quota: kvQuota(env.QUOTA) })
 */
export function kvQuota(
  namespace: KvNamespace,
  { prefix = 'llmfetch:quota:' }: KvQuotaOptions = {},
): RelayQuota {
  const memory = memoryQuota()
  const counters = new Map<string, Known>()
  // A Worker makes no random numbers before its first request.
  let isolate: string | undefined

  async function sumOfOthers(start: string): Promise<number> {
    let sum = 0
    let cursor: string | undefined
    do {
      const page = await namespace.list({ prefix: start, ...(cursor !== undefined && { cursor }) })
      for (const { name, metadata } of page.keys)
        if (name !== start + isolate) sum += Number(Object(metadata).sum) || 0
      cursor = page.list_complete ? undefined : page.cursor
    } while (cursor)
    return sum
  }

  function find(key: string, now: number): Known {
    let known = counters.get(key)
    if (known) return known
    if (counters.size >= SWEEP)
      for (const [other, { looked }] of counters) if (looked + LOOK < now) counters.delete(other)
    known = { others: 0, looked: Number.NEGATIVE_INFINITY, written: 0, wrote: Number.NEGATIVE_INFINITY }
    counters.set(key, known)
    return known
  }

  return {
    ...memory,
    async add(key, amount, ttl) {
      const sum = await memory.add(key, amount, ttl)
      if (ttl < WORTH_KEEPING) return sum
      isolate ??= crypto.randomUUID()
      const now = Date.now()
      const known = find(key, now)
      const start = `${prefix}${key}:`
      if (now - known.looked >= LOOK) {
        known.others = await sumOfOthers(start)
        known.looked = now
      }
      // What is only reserved is over before anybody sees it. A settlement that comes too soon is written with the next one.
      if (amount <= 0 && sum !== known.written && now - known.wrote >= WRITE) {
        known.written = sum
        known.wrote = now
        const expirationTtl = Math.max(MIN_TTL, Math.ceil(ttl / 1000))
        await namespace.put(start + isolate, '', { expirationTtl, metadata: { sum } })
      }
      return sum + known.others
    },
  }
}
