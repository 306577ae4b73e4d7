// A relay in one process of Bun: streams and quotas are in its memory, or, with REDIS_URL, in Redis by Bun's own client.
//
//   LLM_API_KEY=sk-… RELAY_TOKENS='{"a long secret":"anna"}' bun run server.ts

import { compose, retry, timeout } from 'llmfetch'
import { memoryQuota, memoryStreams, type RedisClient, redisQuota, redisStreams, relay } from 'llmfetch/relay'

declare const Bun: {
  readonly RedisClient: new (url: string) => RedisClient
  serve(options: object): { readonly url: URL }
}

const { LLM_BASE_URL = 'https://api.openai.com/v1', LLM_API_KEY, LLM_MODEL = 'gpt-4.1-mini' } = process.env
const { REDIS_URL, RELAY_TOKENS = '{}', RELAY_ORIGINS = '', PORT = '3000' } = process.env

/** Who shows which token. Put your own sessions in the place of this. */
const users = new Map<string, string>(Object.entries(JSON.parse(RELAY_TOKENS)))
const redis = REDIS_URL ? new Bun.RedisClient(REDIS_URL) : undefined

const handle = relay({
  baseUrl: LLM_BASE_URL,
  apiKey: LLM_API_KEY,
  fetch: compose(retry({ maxRetries: 2 }), timeout({ headers: 60_000, idle: 60_000 }))(fetch),
  authorize: request => users.get(request.headers.get('authorization')?.replace('Bearer ', '') ?? ''),
  models: [LLM_MODEL],
  origins: RELAY_ORIGINS.split(' '),
  limits: { maxTokens: 1000, requestsPerMinute: 20, tokensPerDay: 20_000, concurrent: 4 },
  streams: redis ? redisStreams(redis) : memoryStreams(),
  quota: redis ? redisQuota(redis) : memoryQuota(),
  onUse: use => console.log(`${use.user}: ${use.tokens} tokens, ${use.outcome}`),
})

const server = Bun.serve({
  port: Number(PORT),
  // In seconds, the most that Bun has. Without a log a service may be silent for long.
  idleTimeout: 255,
  fetch: (request: Request) => handle(request),
})
console.log(`server: ${server.url.origin}`)
