import type { CacheStore } from '../cache/cache-store.ts'
import { streamStore } from './stream-keeper.ts'
import type { LogPart, RelayStreams, StreamStore } from './stream-store.ts'

export interface ArchiveOptions {
  /** How long a finished answer can be read, in milliseconds. @default 86_400_000 (a day) */
  readonly ttl?: number | undefined
  /** What the keys begin with. @default 'llmfetch:answer:' */
  readonly prefix?: string | undefined
}

/** A log that has ended, as it is stored. */
interface Archived {
  readonly mark: string
  readonly events: readonly string[]
  /** When it is forgotten: not every store drops an entry by itself. */
  readonly until: number
}

/** How long a log is read that another writer may still write, in milliseconds. */
const PATIENCE = 5000

/** Reads what a log holds: nothing of one that is forgotten, as it had no event; undefined where it does not end. */
async function readWhole(streams: StreamStore, id: string): Promise<string[] | undefined> {
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(), PATIENCE)
  const events: string[] = []
  try {
    for (;;) {
      const part = await streams.read(id, events.length, patience.signal)
      if (!part) return []
      events.push(...part.events)
      if (part.closed) return events
    }
  } catch (error) {
    if (patience.signal.aborted) return undefined
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Keeps finished answers in a second store, where they are read once the first one, which holds the streams under way, has forgotten
 * them or is another isolate's. A store that is late, as KV is, will do: each answer is written once, in one piece, when it is whole.
 *
 * @param streams `memoryStreams()`, say
 * @param store any storage of unstorage's, or `kvStore(namespace)`
 * @example
 * relay({ ...options, streams: archivedStreams(memoryStreams(), kvStore(env.ANSWERS)) })
 */
export function archivedStreams(
  streams: StreamStore,
  store: CacheStore,
  { ttl = 86_400_000, prefix = 'llmfetch:answer:' }: ArchiveOptions = {},
): RelayStreams {
  /** The marks of logs that are written here. */
  const marks = new Map<string, string>()

  async function find(id: string): Promise<Archived | undefined> {
    const found = await store.getItem(prefix + id)
    const archived = typeof found === 'string' ? JSON.parse(found) : found
    return archived?.until > Date.now() ? archived : undefined
  }

  return streamStore({
    lease: streams.lease,
    async create(id, mark) {
      const other = await streams.create(id, mark)
      if (other !== undefined) return other
      const archived = await find(id).catch(async error => {
        await streams.close(id)
        throw error
      })
      if (archived) {
        await streams.close(id)
        return archived.mark
      }
      marks.set(id, mark)
      return undefined
    },
    async append(id, from, events) {
      const isTaken = await streams.append(id, from, events)
      // A full log has an ending still to come; one that takes no event at all is another's.
      if (!isTaken && !events.length) marks.delete(id)
      return isTaken
    },
    async close(id, error, from) {
      await streams.close(id, error, from)
      const mark = marks.get(id)
      const events = mark === undefined ? undefined : await readWhole(streams, id)
      if (!events) return
      marks.delete(id)
      if (!events.length) return
      const archived = JSON.stringify({ mark, events, until: Date.now() + ttl })
      await store.setItem(prefix + id, archived, { ttl: Math.ceil(ttl / 1000) })
    },
    async read(id, after, signal): Promise<LogPart | undefined> {
      const part = await streams.read(id, after, signal)
      if (part) return part
      const archived = await find(id)
      return archived && { events: archived.events.slice(after), closed: true }
    },
  })
}
