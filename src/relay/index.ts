// Public names of `llmfetch/relay`, one by one.

export { memoryQuota } from './memory-quota.ts'
export { type MemoryStreamsOptions, memoryStreams, type StreamStoreOptions } from './memory-streams.ts'
export type { QuotaStore } from './quota-store.ts'
export type { RedisClient, UpstashOptions } from './redis-command.ts'
export { type RedisQuotaOptions, redisQuota, upstashQuota } from './redis-quota.ts'
export { type RedisStreamsOptions, redisStreams, upstashStreams } from './redis-streams.ts'
export { relay } from './relay.ts'
export { streamStore } from './stream-keeper.ts'
export type { LogPart, RelayStreams, StreamStore } from './stream-store.ts'
export type { RelayHandler, RelayLimits, RelayOptions, RelayOutcome, RelayUse, RelayUser } from './types.ts'
