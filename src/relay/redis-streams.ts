import { isWorker } from '../call/is-worker.ts'
import { untilAborted } from '../call/signals.ts'
import type { StreamStoreOptions } from './memory-streams.ts'
import {
  commandOf,
  type RedisClient,
  type RedisCommand,
  restCommand,
  scriptRunner,
  type UpstashOptions,
} from './redis-command.ts'
import { storeTime } from './store-time.ts'
import { streamStore } from './stream-keeper.ts'
import type { LogPart, RelayStreams, StreamStore } from './stream-store.ts'
import { waitFor } from './wait-for.ts'

/** Times in milliseconds. */
export interface RedisStreamsOptions extends StreamStoreOptions {
  /** The longest time between two looks of a reader who waits; the first come sooner. @default 500 */
  readonly poll?: number | undefined
  /** What the keys begin with. @default 'llmfetch:stream:' */
  readonly prefix?: string | undefined
}

/** The first wait of a reader, in milliseconds. Each further one is half as long again. */
const FIRST_POLL = 50

/** How many events one read gives at most. */
const BATCH = 1000

/** How long a log is kept that its writer left without a word, in milliseconds. */
const ABANDONED = 3_600_000

/*
 * Three keys hold a log, in one slot of a cluster: its state, its events, and the lease of its writer, which Redis ends by itself.
 * Each script is one step that nobody comes between.
 */

const CREATE = `
if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('HGET', KEYS[1], 'mark') end
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[1], 'mark', ARGV[1], 'chars', 0)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('SET', KEYS[3], 1, 'PX', ARGV[2])
return false`

const APPEND = `
if redis.call('EXISTS', KEYS[1], KEYS[3]) < 2 then return 0 end
if redis.call('LLEN', KEYS[2]) ~= tonumber(ARGV[1]) then return 0 end
if redis.call('HINCRBY', KEYS[1], 'chars', ARGV[4]) > tonumber(ARGV[5]) then
  redis.call('HINCRBY', KEYS[1], 'chars', -ARGV[4])
  return 0
end
for i = 6, #ARGV do redis.call('RPUSH', KEYS[2], ARGV[i]) end
redis.call('SET', KEYS[3], 1, 'PX', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1`

const CLOSE = `
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('HEXISTS', KEYS[1], 'closed') == 1 then return 0 end
if ARGV[2] ~= '' and redis.call('LLEN', KEYS[2]) ~= tonumber(ARGV[2]) then return 0 end
redis.call('DEL', KEYS[3])
if ARGV[3] then redis.call('RPUSH', KEYS[2], ARGV[3]) end
if redis.call('LLEN', KEYS[2]) == 0 then
  redis.call('DEL', KEYS[1])
else
  redis.call('HSET', KEYS[1], 'closed', 1)
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  redis.call('PEXPIRE', KEYS[2], ARGV[1])
end
return 1`

const READ = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local after = tonumber(ARGV[1])
local events = redis.call('LRANGE', KEYS[2], after, after + ARGV[2] - 1)
local length = redis.call('LLEN', KEYS[2])
local closed = redis.call('HEXISTS', KEYS[1], 'closed') == 1
if closed and after + #events >= length then return {1, events} end
if #events == 0 and not closed and redis.call('EXISTS', KEYS[3]) == 0 then return 0 end
return {0, events}`

/** One wait that several readers of a process share. */
interface SharedRead {
  readonly part: Promise<LogPart | undefined>
  readonly controller: AbortController
  readers: number
}

/**
 * Lets the readers of one process who wait for the same events look together: a look costs the same for one and for a hundred. Not in
 * a Worker, where a request must not wait for another's.
 */
function shareReads(look: ReadLog): ReadLog {
  const shared = new Map<string, SharedRead>()
  return async (id, after, signal) => {
    if (isWorker()) return look(id, after, signal)
    const name = `${after} ${id}`
    let read = shared.get(name)
    if (!read) {
      const controller = new AbortController()
      read = { part: look(id, after, controller.signal), controller, readers: 0 }
      shared.set(name, read)
    }
    read.readers++
    try {
      return await untilAborted(signal, read.part)
    } finally {
      // Over, or left by this one: a reader who comes now must not get what was ended.
      if (shared.get(name) === read) shared.delete(name)
      if (!--read.readers && signal?.aborted) read.controller.abort()
    }
  }
}

type ReadLog = StreamStore['read']

/** A log that is written in this process. */
interface LocalLog {
  /** How often it has changed. */
  changes: number
  readonly waiting: Set<() => void>
}

function createRedisStreams(command: RedisCommand, options: RedisStreamsOptions): RelayStreams {
  const {
    ttl = 600_000,
    lease = 30_000,
    maxChars = 8_388_608,
    poll = 500,
    prefix = 'llmfetch:stream:',
  } = options

  const runScript = scriptRunner(command)
  function run(script: string, id: string, ...args: readonly (string | number)[]): Promise<unknown> {
    const keys = ['state', 'events', 'lease'].map(part => `${prefix}{${id}}:${part}`)
    return runScript(script, keys, args)
  }

  /** The logs that are written here: who waits for one here is woken, and looks less often by itself. */
  const local = new Map<string, LocalLog>()
  const wake = (id: string) => {
    const log = local.get(id)
    if (!log) return
    log.changes++
    for (const settle of log.waiting) settle()
  }

  return streamStore({
    lease,
    async create(id, mark) {
      const other = await run(CREATE, id, mark, lease, ABANDONED)
      if (typeof other === 'string') return other
      // A Worker's request must not be woken by another.
      if (!isWorker()) local.set(id, { changes: 0, waiting: new Set() })
      return undefined
    },
    async append(id, from, events) {
      const size = events.reduce((sum, { length }) => sum + length, 0)
      const isTaken = (await run(APPEND, id, from, lease, ABANDONED, size, maxChars, ...events)) === 1
      if (events.length) wake(id)
      if (!isTaken) local.delete(id)
      return isTaken
    },
    async close(id, error, from) {
      try {
        await run(CLOSE, id, ttl, from ?? '', ...(error === undefined ? [] : [error]))
      } finally {
        wake(id)
        local.delete(id)
      }
    },
    read: shareReads(async (id, after, signal) => {
      for (let wait = FIRST_POLL; ; wait = Math.min(wait * 1.5, poll)) {
        const log = local.get(id)
        const changes = log?.changes
        const reply = (await storeTime(run(READ, id, after, BATCH))) as [number, string[]] | number
        if (typeof reply === 'number') return undefined
        const [closed, events] = reply
        if (closed || events.length) return { events, closed: closed === 1 }
        // What was written while this looked has woken nobody.
        if (log?.changes === changes)
          await waitFor(log?.waiting ?? new Set(), log ? poll : Math.min(wait, poll), signal)
        signal?.throwIfAborted()
      }
    }),
  })
}

/**
 * Keeps streams in Redis, for relays of several processes: any of them goes on with a stream for a reader who comes back. One that
 * writes and dies is noticed when its lease ends. Readers who wait look every 50 to 500 milliseconds.
 *
 * @param client of `ioredis`, of `redis` for Node, or Bun's own
 * @example
 * const handle = relay({ ...options, streams: redisStreams(new Redis(url)), quota: redisQuota(new Redis(url)) })
 */
export function redisStreams(client: RedisClient, options: RedisStreamsOptions = {}): RelayStreams {
  return createRedisStreams(commandOf(client), options)
}

/**
 * Keeps streams in a Redis that is reached over HTTP, as Upstash has it: for runtimes without sockets. Each look of a reader who
 * waits is a request that is paid for, so `poll` is 1000 here.
 *
 * @example
 * const streams = upstashStreams({ url: env.UPSTASH_REDIS_REST_URL, token: env.UPSTASH_REDIS_REST_TOKEN })
 */
export function upstashStreams(options: UpstashOptions & RedisStreamsOptions): RelayStreams {
  return createRedisStreams(restCommand(options), { poll: 1000, ...options })
}
