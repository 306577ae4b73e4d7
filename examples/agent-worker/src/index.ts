// An agent that asks before it pays, and a relay for a page whose agent runs in the page. Both keep the key here.
//
//   curl -N …/ask -d '{"text":"Pay the bill of 20"}' -i            tells the id of the conversation, and which call waits
//   curl -N …/ask -d '{"conversation":"…","approved":["call_…"]}'  says yes, and the agent goes on

import { relay } from 'llmfetch/relay'
import type { Env as ConversationEnv } from './conversation.ts'

export { Conversation } from './conversation.ts'

interface Env extends ConversationEnv {
  readonly LIMIT: { limit(options: { key: string }): Promise<{ success: boolean }> }
  readonly CONVERSATIONS: {
    getByName(name: string): { fetch(url: string, init: RequestInit): Promise<Response> }
  }
}

async function ask(request: Request, env: Env): Promise<Response> {
  if (request.method !== 'POST') return new Response('POST a question', { status: 405 })
  const asked = (await request.json().catch(() => null)) as { conversation?: unknown } | null
  if (!asked) return new Response('The body must be JSON', { status: 400 })
  // The id is the only thing that opens a conversation. Put your own users in the place of this.
  const id = typeof asked.conversation === 'string' ? asked.conversation : crypto.randomUUID()
  const { signal } = request
  const body = JSON.stringify(asked)
  const answer = await env.CONVERSATIONS.getByName(id).fetch(request.url, { method: 'POST', body, signal })
  const headers = new Headers(answer.headers)
  headers.set('x-conversation', id)
  return new Response(answer.body, { headers })
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const visitor = request.headers.get('cf-connecting-ip') ?? 'nobody'
    const { success } = await env.LIMIT.limit({ key: visitor })
    if (!success) return new Response('Too many requests', { status: 429 })
    const { pathname, origin } = new URL(request.url)
    if (pathname === '/ask') return ask(request, env)
    // A new one each time: there is no quota in it, and no stream to come back to, that would have to outlive a request.
    return relay({
      baseUrl: env.LLM_BASE_URL,
      apiKey: env.LLM_API_KEY,
      authorize: () => visitor,
      models: [env.LLM_MODEL],
      // The page that this Worker serves, and no other one.
      origins: [origin],
      // The tools are the page's own, and run there.
      limits: { maxTokens: 1000, tools: true },
    })(request)
  },
}
