import type { CacheStore } from '../cache/cache-store.ts'
import { type KvNamespace, MIN_TTL } from './kv-namespace.ts'

/**
 * Keeps finished answers in Workers KV: those of `archivedStreams`, and those of the `cache` policy. What one place has written
 * another sees after up to a minute, and an entry lives for a minute at least.
 *
 * @example
 * const streams = archivedStreams(memoryStreams(), kvStore(env.ANSWERS))
 */
export function kvStore(namespace: KvNamespace): CacheStore {
  return {
    getItem: key => namespace.get(key),
    setItem: (key, value, { ttl }) =>
      namespace.put(key, value, ttl === undefined ? {} : { expirationTtl: Math.max(MIN_TTL, ttl) }),
    removeItem: key => namespace.delete(key),
  }
}
