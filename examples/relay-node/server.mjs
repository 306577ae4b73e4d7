// A relay in as many processes as you like: streams and quotas are in Redis, and any process goes on with any stream.
//
//   REDIS_URL=redis://127.0.0.1:6379 LLM_API_KEY=sk-… RELAY_TOKENS='{"a long secret":"anna"}' node server.mjs
//   curl -N localhost:3000/v1/chat/completions -H 'authorization: Bearer a long secret' -H 'idempotency-key: 1' \
//     -d '{"model":"gpt-4.1-mini","stream":true,"messages":[{"role":"user","content":"Why is the sky blue?"}]}'

import process from 'node:process'
import { Redis } from 'ioredis'
import { compose, retry, timeout } from 'llmfetch'
import { redisQuota, redisStreams, relay } from 'llmfetch/relay'
import { serve } from './serve.mjs'

const { LLM_BASE_URL = 'https://api.openai.com/v1', LLM_API_KEY, LLM_MODEL = 'gpt-4.1-mini' } = process.env
const { REDIS_URL, RELAY_TOKENS = '{}', RELAY_ORIGINS = '', PORT = '3000' } = process.env

/** Who shows which token. Put your own sessions in the place of this. */
const users = new Map(Object.entries(JSON.parse(RELAY_TOKENS)))
const redis = new Redis(REDIS_URL)

const handle = relay({
  baseUrl: LLM_BASE_URL,
  apiKey: LLM_API_KEY,
  fetch: compose(retry({ maxRetries: 2 }), timeout({ headers: 60_000, idle: 60_000 }))(fetch),
  authorize: request => users.get(request.headers.get('authorization')?.replace('Bearer ', '')),
  models: [LLM_MODEL],
  origins: RELAY_ORIGINS.split(' '),
  limits: { maxTokens: 1000, requestsPerMinute: 20, tokensPerDay: 20_000, concurrent: 4 },
  streams: redisStreams(redis),
  quota: redisQuota(redis),
  onUse: use => console.log(`${use.user}: ${use.tokens} tokens, ${use.outcome}`),
})

console.log(`server: ${await serve(handle, Number(PORT))}`)
