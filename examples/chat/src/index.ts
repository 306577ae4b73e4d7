// A chat whose answers survive a reload, a second tab and a train in a tunnel: the Worker holds the key, and each user has a Durable
// Object that asks the model and keeps the answer while it comes.

import { compose, retry, timeout } from 'llmfetch'
import { RelayObject, type RelayObjectOptions, relay } from 'llmfetch/relay'
import { readSession, stubLogin, type User } from './session.ts'

interface Env {
  readonly LLM_BASE_URL: string
  readonly LLM_API_KEY: string
  readonly LLM_MODEL: string
  readonly TOKENS_PER_DAY: string
  readonly ORIGIN: string
  readonly SESSION_SECRET: string
  readonly RELAY: { getByName(name: string): { fetch(request: Request): Promise<Response> } }
}

/** The same for the Worker, which finds the user's object, and for the object, which checks once more. */
function rules(env: Env): RelayObjectOptions<User> {
  return {
    baseUrl: env.LLM_BASE_URL,
    apiKey: env.LLM_API_KEY,
    fetch: compose(retry({ maxRetries: 2 }), timeout({ headers: 60_000, idle: 60_000 }))(fetch),
    authorize: request => readSession(request, env.SESSION_SECRET),
    models: [env.LLM_MODEL],
    paths: ['/chat/completions'],
    origins: [env.ORIGIN],
    limits: {
      maxTokens: 1000,
      requestsPerMinute: 20,
      tokensPerDay: Number(env.TOKENS_PER_DAY),
      concurrent: 2,
    },
    rewrite: (body, { id }) => ({ ...body, user: id }),
    onUse: use => console.log(`${use.user.id}: ${use.tokens} tokens, ${use.outcome}`),
    // What had arrived is still there after a deploy. Each checkpoint is a row that is paid for.
    checkpoint: { everyMs: 1000 },
  }
}

export class ChatRelay extends RelayObject<Env> {
  options = rules
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname === '/api/login' && request.method === 'POST') return stubLogin(request, env.SESSION_SECRET)
    if (pathname === '/api/settings')
      return Response.json({ model: env.LLM_MODEL, user: await readSession(request, env.SESSION_SECRET) })
    return relay({ ...rules(env), to: user => env.RELAY.getByName(user.id) })(request)
  },
}
