import { createMemoryStreams, type MemoryStreamsOptions } from './memory-streams.ts'
import type { ObjectStorage } from './object-state.ts'
import { streamStore } from './stream-keeper.ts'
import type { LogPart, RelayStreams } from './stream-store.ts'

export interface ObjectStreamsOptions extends MemoryStreamsOptions {
  /**
   * Writes logs to SQLite so often, in milliseconds, so that what had arrived can be read after the object has ended: with a deploy,
   * say. Each write is a row that is paid for. @default none
   */
  readonly checkpoint?: { readonly everyMs: number } | undefined
}

/** A row may have 2 MB, and a character four bytes. */
const MAX_ROW = 400_000

/** What of a log is not in the tables yet. */
interface Unsaved {
  from: number
  events: string[]
  timer: ReturnType<typeof setTimeout> | undefined
}

/** The tables: a log, and its events in rows of many. */
function createTables({ sql }: ObjectStorage, ttl: number) {
  sql.exec(
    'CREATE TABLE IF NOT EXISTS llmfetch_logs (id TEXT PRIMARY KEY, mark TEXT, closed INTEGER, expires INTEGER)',
  )
  sql.exec(
    'CREATE TABLE IF NOT EXISTS llmfetch_events (id TEXT, first INTEGER, events TEXT, PRIMARY KEY (id, first))',
  )

  function forget(id: string): void {
    sql.exec('DELETE FROM llmfetch_events WHERE id = ?', id)
    sql.exec('DELETE FROM llmfetch_logs WHERE id = ?', id)
  }

  return {
    forget,
    find(id: string): { mark: string; closed: number } | undefined {
      const now = Date.now()
      for (const row of sql.exec('SELECT id FROM llmfetch_logs WHERE expires <= ?', now).toArray())
        forget(row.id)
      return sql.exec('SELECT mark, closed FROM llmfetch_logs WHERE id = ?', id).toArray()[0]
    },
    create(id: string, mark: string): void {
      sql.exec('INSERT INTO llmfetch_logs VALUES (?, ?, 0, ?)', id, mark, Date.now() + ttl)
    },
    save(id: string, from: number, events: readonly string[], isClosed: boolean): void {
      let first = from
      let row: string[] = []
      let size = 0
      const write = () => {
        if (row.length)
          sql.exec('INSERT OR REPLACE INTO llmfetch_events VALUES (?, ?, ?)', id, first, JSON.stringify(row))
        first += row.length
        row = []
        size = 0
      }
      for (const event of events) {
        if (size + event.length > MAX_ROW) write()
        row.push(event)
        size += event.length
      }
      write()
      sql.exec(
        'UPDATE llmfetch_logs SET closed = ?, expires = ? WHERE id = ?',
        isClosed ? 1 : 0,
        Date.now() + ttl,
        id,
      )
    },
    read(id: string, after: number): string[] {
      // The row that holds the next event, and one more at most.
      const rows = sql
        .exec(
          'SELECT first, events FROM llmfetch_events WHERE id = ? AND first >= coalesce((SELECT max(first) FROM llmfetch_events WHERE id = ? AND first <= ?), 0) ORDER BY first LIMIT 2',
          id,
          id,
          after,
        )
        .toArray()
      return rows.flatMap(({ first, events }) =>
        (JSON.parse(events) as string[]).slice(Math.max(0, after - first)),
      )
    },
  }
}

/**
 * Keeps streams in a Durable Object: in its memory, and in its tables where `checkpoint` says so. What was written before the object
 * ended can be read to where it was; then the reader is told that its writer has died.
 */
export function objectStreams(storage: ObjectStorage, options: ObjectStreamsOptions = {}): RelayStreams {
  const memory = createMemoryStreams(options, true)
  const { checkpoint, ttl = 600_000 } = options
  if (!checkpoint) return memory
  const tables = createTables(storage, ttl)
  const unsaved = new Map<string, Unsaved>()

  function save(id: string, isClosed = false): void {
    const log = unsaved.get(id)
    if (!log) return
    clearTimeout(log.timer)
    log.timer = undefined
    tables.save(id, log.from, log.events, isClosed)
    log.from += log.events.length
    log.events = []
  }

  /** Reads what is there; null where there is nothing yet. */
  async function readNow(id: string, after: number): Promise<LogPart | undefined | null> {
    const patience = new AbortController()
    const reading = memory.read(id, after, patience.signal)
    patience.abort()
    return reading.catch(() => null)
  }

  return streamStore({
    lease: memory.lease,
    async create(id, mark) {
      const saved = tables.find(id)
      if (saved) return saved.mark
      const other = await memory.create(id, mark)
      if (other !== undefined) return other
      tables.create(id, mark)
      unsaved.set(id, { from: 0, events: [], timer: undefined })
      return undefined
    },
    async append(id, from, events) {
      const isTaken = await memory.append(id, from, events)
      const log = unsaved.get(id)
      if (isTaken && log && events.length) {
        log.events.push(...events)
        log.timer ??= setTimeout(() => save(id), checkpoint.everyMs)
      }
      return isTaken
    },
    async close(id, error, from) {
      await memory.close(id, error, from)
      const log = unsaved.get(id)
      if (!log) return
      const part = await readNow(id, log.from + log.events.length)
      // Another writer's is not closed by this one.
      if (part === null) return
      if (part) {
        log.events.push(...part.events)
        save(id, true)
      } else tables.forget(id)
      unsaved.delete(id)
    },
    async read(id, after, signal): Promise<LogPart | undefined> {
      const part = await memory.read(id, after, signal)
      if (part) return part
      const saved = tables.find(id)
      const events = saved ? tables.read(id, after) : []
      if (saved?.closed) return { events, closed: !tables.read(id, after + events.length).length }
      return events.length ? { events, closed: false } : undefined
    },
  })
}
