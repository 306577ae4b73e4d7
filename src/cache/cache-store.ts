/**
 * Where the `cache` policy keeps answers: what it uses of unstorage's interface, so that each of its drivers will do, and
 * `localStorage`. May answer at once or with promises.
 */
export interface CacheStore {
  /** The text that was stored, or what `JSON.parse` makes of it; `null` or `undefined` where there is nothing. */
  getItem(key: string): unknown
  /** `ttl` is in seconds, for stores that drop an entry by themselves. */
  setItem(key: string, value: string, options: { readonly ttl?: number }): unknown
  removeItem(key: string): unknown
}
