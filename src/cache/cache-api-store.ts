import type { CacheStore } from './cache-store.ts'

/** The Cache API takes URLs for names. This one is never asked. */
const ORIGIN = 'https://llmfetch.local/'

/**
 * A store in the runtime's own Cache API, `caches`: Workers, browsers (in a secure context) and Deno have one. On Workers the
 * isolates of a data center share it. Browsers drop no entry by themselves, until they are short of space or the site's data are
 * cleared.
 *
 * @param name of the cache that is opened. @default 'llmfetch'
 * @example
 * cache({ store: cacheApiStore('answers') })
 */
export function cacheApiStore(name = 'llmfetch'): CacheStore {
  return {
    async getItem(key) {
      const cache = await caches.open(name)
      return (await cache.match(ORIGIN + key))?.text()
    },
    async setItem(key, value, { ttl } = {}) {
      const cache = await caches.open(name)
      // Workers drop an entry by this header; browsers do not look at it.
      const headers = { 'cache-control': `max-age=${ttl ?? 2 ** 31 - 1}` }
      await cache.put(ORIGIN + key, new Response(value, { headers }))
    },
    async removeItem(key) {
      const cache = await caches.open(name)
      await cache.delete(ORIGIN + key)
    },
  }
}
