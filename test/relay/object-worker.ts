// A Worker for the tests: a relay in a Durable Object for each user, and the object's store by itself.

import {
  memoryQuota,
  type ObjectState,
  type ObjectStreamsOptions,
  RelayObject,
  type RelayObjectOptions,
  type RelayStreams,
  relay,
} from '../../src/relay/index.ts'
import { objectQuota } from '../../src/relay/object-quota.ts'
import { objectStreams } from '../../src/relay/object-streams.ts'
import { authorize, type User } from './harness.ts'

interface Stub {
  fetch(request: Request): Promise<Response>
}

interface Env {
  readonly SERVICE: string
  readonly KEY: string
  /** JSON of further options. */
  readonly OPTIONS: string
  readonly RELAY: { getByName(name: string): Stub }
  readonly STORE: { getByName(name: string): Stub }
}

const rules = (env: Env): RelayObjectOptions<User> => ({
  baseUrl: env.SERVICE,
  apiKey: env.KEY,
  authorize,
  models: ['fake-small'],
  origins: ['https://app.test'],
  ...JSON.parse(env.OPTIONS),
})

export class TestRelay extends RelayObject<Env> {
  options: typeof rules = rules
}

/** Answers the methods of a store by name, as JSON. */
export class TestStore {
  readonly #state: ObjectState
  readonly #stores = new Map<string, RelayStreams>()

  constructor(state: ObjectState) {
    this.#state = state
  }

  #open(options: string): RelayStreams {
    const store =
      this.#stores.get(options) ??
      objectStreams(this.#state.storage, JSON.parse(options) as ObjectStreamsOptions)
    this.#stores.set(options, store)
    return store
  }

  async fetch(request: Request): Promise<Response> {
    const { options, method, args } = (await request.json()) as {
      options: string
      method: string
      args: never[]
    }
    if (method === 'quota')
      return Response.json({
        value: await objectQuota(this.#state.storage).add(...(args as unknown as [string, number, number])),
      })
    const store = this.#open(options) as unknown as {
      [method: string]: (...args: unknown[]) => Promise<unknown>
    }
    const signal = method === 'read' ? request.signal : undefined
    return Response.json({ value: await store[method]!(...args.map(arg => arg ?? undefined), signal) })
  }
}

export default {
  async fetch(request: Request, env: Env, context: unknown): Promise<Response> {
    const url = new URL(request.url)
    if (url.pathname === '/store') return env.STORE.getByName(url.searchParams.get('name')!).fetch(request)
    if (url.pathname.startsWith('/plain'))
      return relay({ ...rules(env), quota: memoryQuota() })(request, env, context)
    return relay({ ...rules(env), to: user => env.RELAY.getByName(user.id) })(request, env, context)
  },
}
