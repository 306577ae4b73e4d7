import { ConfigurationError } from '../errors/configuration-error.ts'
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
 */
export function memoryStore({ maxEntries = 1000, maxBytes = 2 ** 25 }: MemoryStoreOptions = {}): CacheStore {
  if (!(maxEntries > 0 && maxBytes > 0))
    throw new ConfigurationError('memoryStore: maxEntries and maxBytes must be above 0')
  /** The one that was used last comes last. */
  const items = new Map<string, string>()
  let bytes = 0

  function removeItem(key: string): void {
    const value = items.get(key)
    if (value === undefined) return
    bytes -= 2 * (key.length + value.length)
    items.delete(key)
  }

  function setItem(key: string, value: string): void {
    removeItem(key)
    items.set(key, value)
    bytes += 2 * (key.length + value.length)
    // One that is too large by itself goes too, before it has driven the others out.
    if (2 * (key.length + value.length) > maxBytes) removeItem(key)
    while (items.size > maxEntries || bytes > maxBytes) removeItem(items.keys().next().value!)
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
