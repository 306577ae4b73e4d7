import type { RelayQuota } from './quota-store.ts'
import {
  commandOf,
  type RedisClient,
  type RedisCommand,
  restCommand,
  scriptRunner,
  type UpstashOptions,
} from './redis-command.ts'
import { quotaStore } from './reserve.ts'

export interface RedisQuotaOptions {
  /** What the keys begin with. @default 'llmfetch:quota:' */
  readonly prefix?: string | undefined
}

const ADD = `
local sum = redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return sum`

/** The clock is Redis's own: that of a process may be wrong. */
const HOLD = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`

function createRedisQuota(
  command: RedisCommand,
  { prefix = 'llmfetch:quota:' }: RedisQuotaOptions,
): RelayQuota {
  const runScript = scriptRunner(command)
  const run = (script: string, key: string, ...args: readonly (string | number)[]) =>
    runScript(script, [prefix + key], args)
  return quotaStore({
    add: async (key, amount, ttl) => Number(await run(ADD, key, amount, ttl)),
    hold: async (key, id, limit, ttl) => (await run(HOLD, key, id, limit, ttl)) === 1,
    async release(key, id) {
      await command('ZREM', prefix + key, id)
    },
  })
}

/**
 * Counts in Redis, for relays of several processes.
 *
 * @param client of `ioredis`, of `redis` for Node, or Bun's own
 */
export function redisQuota(client: RedisClient, options: RedisQuotaOptions = {}): RelayQuota {
  return createRedisQuota(commandOf(client), options)
}

/** Counts in a Redis that is reached over HTTP, as Upstash has it. */
export function upstashQuota(options: UpstashOptions & RedisQuotaOptions): RelayQuota {
  return createRedisQuota(restCommand(options), options)
}
