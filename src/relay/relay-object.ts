import { objectQuota } from './object-quota.ts'
import type { ObjectState } from './object-state.ts'
import { type ObjectStreamsOptions, objectStreams } from './object-streams.ts'
import { createRelay } from './relay.ts'
import type { RelayHandler, RelayOptions, RelayUser } from './types.ts'

/** What a {@link RelayObject} takes: a relay's options, and how it keeps streams. */
export interface RelayObjectOptions<User extends RelayUser = RelayUser>
  extends Omit<RelayOptions<User>, 'streams' | 'to'>,
    ObjectStreamsOptions {}

/**
 * A Durable Object that is a relay: the request to the service is its own, so that it goes on when a visitor leaves, and its quotas are
 * exact, as it is the only one that counts. One for each user, or for each session; the Worker before it is a relay with `to`.
 *
 * It needs storage of the SQLite kind, and a compatibility date of 2026-10-01 or later: before, an object without a visitor may
 * end before the answer does.
 *
 * @example
 * const rules = (env: Env) => ({ baseUrl, apiKey: env.LLM_API_KEY, models: ['gpt-5-mini'], authorize, origins })
 *
 * export class ChatRelay extends RelayObject<Env> {
 *   options = rules
 * }
 *
 * export default {
 *   fetch: (request: Request, env: Env) =>
 *     relay({ ...rules(env), to: user => env.RELAY.getByName(user.id) })(request),
 * }
 */
export abstract class RelayObject<Env = unknown> {
  /** Gives the options, once in an object's life. */
  // biome-ignore lint/suspicious/noExplicitAny: a class for every kind of user, which each subclass knows
  abstract options(env: Env): RelayObjectOptions<any>
  readonly #state: ObjectState
  readonly #env: Env
  #handle: RelayHandler | undefined

  constructor(state: ObjectState, env: Env) {
    this.#state = state
    this.#env = env
  }

  /** Answers a request as a relay does. */
  fetch(request: Request): Promise<Response> {
    this.#handle ??= this.#open()
    return this.#handle(request, this.#state)
  }

  #open(): RelayHandler {
    const { storage } = this.#state
    const options = this.options(this.#env)
    const streams = objectStreams(storage, options)
    return createRelay({ quota: objectQuota(storage), ...options, streams }, true)
  }
}
