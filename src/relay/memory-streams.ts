import { isWorker } from '../call/is-worker.ts'
import { streamStore } from './stream-keeper.ts'
import type { RelayStreams } from './stream-store.ts'
import { waitFor } from './wait-for.ts'

/** Times in milliseconds. */
export interface StreamStoreOptions {
  /** How long a log can be read after its end. @default 600_000 (10 minutes) */
  readonly ttl?: number | undefined
  /** How long a writer that says nothing is believed. @default 30_000 */
  readonly lease?: number | undefined
  /** The longest log, in characters. @default 8_388_608 */
  readonly maxChars?: number | undefined
}

export interface MemoryStreamsOptions extends StreamStoreOptions {
  /** The characters of all logs: when they are reached, the oldest that have ended go first. @default 67_108_864 */
  readonly maxTotalChars?: number | undefined
}

interface Log {
  readonly mark: string
  readonly events: string[]
  chars: number
  isClosed: boolean
  /** When it is forgotten, where it has ended; else when its writer is taken for dead. */
  until: number
  readonly waiting: Set<() => void>
}

/** How many events one read gives at most. */
const BATCH = 1000

/** How often a Worker's request looks, in milliseconds: no other request may tell it. */
const LOOK = 50

/**
 * Makes a store in memory, as {@link memoryStreams} does.
 *
 * @param sharesRequests whether a request may wake another: not in a Worker, but in a Durable Object
 */
export function createMemoryStreams(options: MemoryStreamsOptions, sharesRequests: boolean): RelayStreams {
  const { ttl = 600_000, lease = 30_000, maxChars = 8_388_608, maxTotalChars = 67_108_864 } = options
  /** The oldest first. */
  const logs = new Map<string, Log>()
  let total = 0

  function forget(id: string, log: Log): void {
    logs.delete(id)
    total -= log.chars
    wake(log)
  }

  function wake({ waiting }: Log): void {
    for (const settle of waiting) settle()
  }

  /** Finds a log that can be used: neither forgotten nor left by its writer. */
  function find(id: string): Log | undefined {
    const log = logs.get(id)
    return log && log.until > performance.now() ? log : undefined
  }

  /** Forgets what is over, and, for so many characters more, what has ended. */
  function makeRoom(size = 0): void {
    const now = performance.now()
    for (const [id, log] of logs) {
      const isOld = log.isClosed && (log.until <= now || total + size > maxTotalChars)
      // A dead writer's stays for as long as an ended one: its readers are told, and its key is not used again.
      if (isOld || log.until + ttl <= now) forget(id, log)
    }
  }

  function add(log: Log, events: readonly string[]): void {
    log.events.push(...events)
    for (const { length } of events) {
      log.chars += length
      total += length
    }
  }

  return streamStore({
    lease,
    async create(id, mark) {
      makeRoom()
      const there = logs.get(id)
      if (there) return there.mark
      logs.set(id, {
        mark,
        events: [],
        chars: 0,
        isClosed: false,
        until: performance.now() + lease,
        waiting: new Set(),
      })
      return undefined
    },
    async append(id, from, events) {
      const log = find(id)
      if (!log || log.isClosed || log.events.length !== from) return false
      const size = events.reduce((sum, { length }) => sum + length, 0)
      if (total + size > maxTotalChars) makeRoom(size)
      if (log.chars + size > maxChars || total + size > maxTotalChars) return false
      log.until = performance.now() + lease
      if (!events.length) return true
      add(log, events)
      wake(log)
      return true
    },
    async close(id, error, from) {
      const log = logs.get(id)
      if (!log || log.isClosed || (from !== undefined && log.events.length !== from)) return
      if (error !== undefined) add(log, [error])
      if (!log.events.length) return forget(id, log)
      log.isClosed = true
      log.until = performance.now() + ttl
      wake(log)
    },
    async read(id, after, signal) {
      for (;;) {
        if (signal?.aborted) throw signal.reason
        const log = find(id)
        if (!log) return undefined
        const events = log.events.slice(after, after + BATCH)
        const closed = log.isClosed && after + events.length >= log.events.length
        if (events.length || closed) return { events, closed }
        const left = log.until - performance.now()
        await waitFor(log.waiting, sharesRequests ? left : Math.min(left, LOOK), signal)
      }
    },
  })
}

/**
 * Keeps streams in memory: right where one process, or one Durable Object, answers all requests of a user. Another process does
 * not find them, nor does another isolate of a Worker.
 *
 * @example
 * const handle = relay({ ...options, streams: memoryStreams() })
 */
export function memoryStreams(options: MemoryStreamsOptions = {}): RelayStreams {
  return createMemoryStreams(options, !isWorker())
}
