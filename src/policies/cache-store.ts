import { LLMError } from '../errors/llm-error.ts'
import { startTimer } from './start-timer.ts'

/**
 * Where the `cache` policy keeps answers: what it uses of unstorage's interface, so that any of its drivers will do, and
 * `localStorage`. May answer at once or with a promise.
 */
export interface CacheStore {
  /** What was stored, as the text that it was or as what `JSON.parse` makes of it; `null` or `undefined` where there is nothing. */
  getItem(key: string): unknown
  /** `ttl` is in seconds: for stores that can drop an entry by themselves. */
  setItem(key: string, value: string, options?: { readonly ttl?: number }): unknown
  removeItem(key: string): unknown
}

/** A whole answer with status 200. */
export interface CacheEntry {
  readonly body: string
  readonly headers: { readonly [name: string]: string }
}

/** A store that fails nobody: what it cannot give in time is not there. */
export interface EntryStore {
  /** Those of `keys` that it has. */
  load(keys: readonly string[]): Promise<Map<string, CacheEntry>>
  save(entries: ReadonlyMap<string, CacheEntry>): Promise<void>
}

/** What a store, or a key, may take, in milliseconds. */
const PATIENCE = 2000

/** Settles in time, with what was there by then. Of what failed the first is told: a store that is down fails for each key. */
export async function inTime<T>(
  work: readonly Promise<T>[],
  report: (error: unknown) => void,
): Promise<(T | undefined)[]> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = startTimer(() => reject(new LLMError(`The store took over ${PATIENCE} ms`)), PATIENCE)
  })
  const results = await Promise.allSettled(work.map(one => Promise.race([one, late])))
  clearTimeout(timer)
  const failed = results.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined
  if (failed) report(failed.reason)
  return results.map(result => (result.status === 'fulfilled' ? result.value : undefined))
}

/**
 * Wraps a store.
 *
 * @param ttl in milliseconds
 * @param report is told of a store that fails, is too slow or gives what it was not given
 */
export function openStore(store: CacheStore, ttl: number, report: (error: unknown) => void): EntryStore {
  async function get(key: string): Promise<CacheEntry | undefined> {
    const found = await store.getItem(key)
    if (found == null) return undefined
    let entry: Partial<CacheEntry> & { readonly time?: number } = {}
    try {
      entry = typeof found === 'string' ? JSON.parse(found) : found
    } catch {
      // Its error would show what was stored.
    }
    // Either way: a clock that was set back must not keep an entry for ever.
    const { time = Number.NaN, body, headers = {} } = Object(entry) as typeof entry
    if (typeof body === 'string' && Math.abs(Date.now() - time) < ttl) return { body, headers }
    await store.removeItem(key)
    if (typeof body !== 'string' || Number.isNaN(time)) throw new LLMError('The store gave what is no entry')
    return undefined
  }

  return {
    async load(keys) {
      const entries = await inTime(keys.map(get), report)
      return new Map(keys.flatMap((key, place) => (entries[place] ? [[key, entries[place]]] : [])))
    },
    async save(entries) {
      const options = ttl < Number.POSITIVE_INFINITY ? { ttl: Math.ceil(ttl / 1000) } : {}
      const put = async ([key, entry]: [string, CacheEntry]) =>
        store.setItem(key, JSON.stringify({ time: Date.now(), ...entry }), options)
      await inTime([...entries].map(put), report)
    },
  }
}
