import { createClient, type Message, retry, streamTools, timeout, tool, toUIMessageResponse } from 'llmfetch'
import { z } from 'zod'

export interface Env {
  readonly LLM_BASE_URL: string
  readonly LLM_API_KEY: string
  readonly LLM_MODEL: string
}

/** What is asked: a text, or what the user says to the calls that wait. */
interface Asked {
  readonly text?: string
  readonly approved?: readonly string[]
  readonly refused?: readonly string[]
}

interface Storage {
  get<T>(key: string): Promise<T | undefined>
  put<T>(key: string, value: T): Promise<void>
}

/** A tool that is safe, and one that asks the user first. `approved` are the calls that the user said yes to. */
function toolsFor(approved: readonly string[]) {
  return [
    tool({
      name: 'get_balance',
      description: 'The balance of the account',
      execute: () => ({ balance: 300, currency: 'EUR' }),
    }),
    tool({
      name: 'pay_bill',
      description: 'Pays a bill',
      input: z.object({ amount: z.number().positive().max(500) }),
      approve: (_, { call }) => approved.includes(call.id),
      execute: ({ amount }) => `Paid ${amount} EUR.`,
    }),
  ]
}

/**
 * A conversation with an agent. It is kept here, so no browser can make up a call, an answer or an approval: a page knows its own
 * conversation's id, and says yes or no.
 */
export class Conversation {
  readonly #storage: Storage
  readonly #env: Env

  constructor({ storage }: { readonly storage: Storage }, env: Env) {
    this.#storage = storage
    this.#env = env
  }

  async fetch(request: Request): Promise<Response> {
    const { LLM_BASE_URL: baseUrl, LLM_API_KEY: apiKey, LLM_MODEL: model } = this.#env
    const { text, approved = [], refused = [] } = (await request.json()) as Asked
    const messages = (await this.#storage.get<Message[]>('messages')) ?? []
    for (const id of refused) messages.push({ role: 'tool', toolCallId: id, content: 'The user refused.' })
    if (text) messages.push({ role: 'user', content: text })
    const client = createClient({
      baseUrl,
      apiKey,
      policies: [retry(), timeout({ headers: 30_000, idle: 30_000 })],
    })
    const run = streamTools(
      client,
      { model, messages, tools: toolsFor(approved), maxTokens: 1000 },
      {
        maxSteps: 5,
        signal: request.signal,
        // What is told here ends at a whole step, and can be gone on with.
        onStep: (_, history) => this.#storage.put('messages', history),
      },
    )
    return toUIMessageResponse(run)
  }
}
