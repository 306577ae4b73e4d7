import { misconfigured } from '../wire/service.ts'
import type { CacheStore } from './cache-store.ts'

export interface MemoryStoreOptions {
  /** How many entries it holds. @default 1000 */
  readonly maxEntries?: number | undefined
  /** How large they are together: two bytes a character. A larger one is not kept. @default 33_554_432 (32 MiB) */
  readonly maxBytes?: number | undefined
}

/**
 * A store in memory, for one process or isolate. When it is full, the entry that was not read for the longest time goes.
 *
 * @throws {ConfigurationError} for limits that are not above 0
 * @example
 * cache({ store: memoryStore({ maxEntries: 100 }) })
 */
export function memoryStore({ maxEntries = 1000, maxBytes = 2 ** 25 }: MemoryStoreOptions = {}): CacheStore {
  if (!(maxEntries > 0 && maxBytes > 0)) misconfigured('memoryStore: limits must be above 0')
  /** The one that was used last comes last. */
  const items = new Map<string, string>()
  const sizeOf = (key: string) => 2 * (key.length + items.get(key)!.length)
  let bytes = 0

  function removeItem(key: string): void {
    if (!items.has(key)) return
    bytes -= sizeOf(key)
    items.delete(key)
  }

  function setItem(key: string, value: string): void {
    removeItem(key)
    items.set(key, value)
    bytes += sizeOf(key)
    // Before it has driven the others out.
    if (sizeOf(key) > maxBytes) removeItem(key)
    for (const oldest of items.keys()) {
      if (items.size <= maxEntries && bytes <= maxBytes) break
      removeItem(oldest)
    }
  }

  return {
    getItem(key) {
      const value = items.get(key)
      if (value !== undefined) setItem(key, value)
      return value
    },
    setItem,
    removeItem,
  }
}
