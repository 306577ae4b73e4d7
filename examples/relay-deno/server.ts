// A relay in one process of Deno: streams and quotas are in its memory. For several processes see ../relay-node.
//
//   LLM_API_KEY=sk-… RELAY_TOKENS='{"a long secret":"anna"}' deno task start

import { compose, retry, timeout } from 'llmfetch'
import { memoryQuota, memoryStreams, relay } from 'llmfetch/relay'

const variable = (name: string, fallback: string): string => Deno.env.get(name) ?? fallback

/** Who shows which token. Put your own sessions in the place of this. */
const users = new Map<string, string>(Object.entries(JSON.parse(variable('RELAY_TOKENS', '{}'))))

const handle = relay({
  baseUrl: variable('LLM_BASE_URL', 'https://api.openai.com/v1'),
  apiKey: Deno.env.get('LLM_API_KEY'),
  fetch: compose(retry({ maxRetries: 2 }), timeout({ headers: 60_000, idle: 60_000 }))(fetch),
  authorize: request => users.get(request.headers.get('authorization')?.replace('Bearer ', '') ?? ''),
  models: [variable('LLM_MODEL', 'gpt-4.1-mini')],
  origins: variable('RELAY_ORIGINS', '').split(' '),
  limits: { maxTokens: 1000, requestsPerMinute: 20, tokensPerDay: 20_000, concurrent: 4 },
  streams: memoryStreams(),
  quota: memoryQuota(),
  onUse: use => console.log(`${use.user}: ${use.tokens} tokens, ${use.outcome}`),
})

Deno.serve(
  {
    port: Number(variable('PORT', '3000')),
    onListen: ({ port }) => console.log(`server: http://localhost:${port}`),
  },
  request => handle(request),
)
