import type { Fetch } from '../call/policy.ts'
import type { KeyOption } from '../wire/service.ts'
import type { RelayQuota } from './quota-store.ts'
import type { RelayStreams } from './stream-store.ts'

/** Who asks. The id names the user's quotas and streams: two users must never have the same. */
export type RelayUser = string | { readonly id: string }

/** What one user may ask for. */
export interface RelayLimits {
  /** The most tokens of an answer; a request that asks for more, or names no number, gets this one. @default 4096 */
  readonly maxTokens?: number | undefined
  /** The largest request, in bytes, counted while it arrives. @default 262_144 (256 KiB) */
  readonly maxBodyBytes?: number | undefined
  /** The most choices of an answer. @default 1 */
  readonly n?: number | undefined
  /**
   * `false` allows none; `true` those that the page itself runs (`function` and `custom`), none that the service runs and bills;
   * a list allows types, or names of functions. @default false
   */
  readonly tools?: boolean | readonly string[] | undefined
  /**
   * Members that are refused otherwise, as they reach into the account or past the list of models: `previous_response_id`,
   * `conversation`, `background`, `service_tier`, `file_id` and the like. @default []
   */
  readonly allow?: readonly string[] | undefined
  /** @default Infinity */
  readonly requestsPerMinute?: number | undefined
  /** Tokens of requests and answers in a day of UTC. One that is not above `maxTokens` lets no request through. @default Infinity */
  readonly tokensPerDay?: number | undefined
  /** Requests that the service is answering at one time. @default Infinity */
  readonly concurrent?: number | undefined
  /** Cuts a stream that takes more tokens than were reserved for it. @default false */
  readonly hard?: boolean | undefined
}

/** How an answer of the service ended: whole, broken off, left by its reader, stopped by its user, or refused by the service. */
export type RelayOutcome = 'complete' | 'failed' | 'left' | 'stopped' | 'refused'

/** What one request cost. */
export interface RelayUse<User extends RelayUser = RelayUser> {
  readonly user: User
  /** The path below `baseUrl`. */
  readonly path: string
  readonly model: string
  readonly status: number
  readonly outcome: RelayOutcome
  /** The tokens that the user's quota was charged with. */
  readonly tokens: number
  /** Whether the service told no count, and `tokens` is a guess from the sizes. */
  readonly estimated: boolean
  /** The counts as the service sent them. */
  readonly usage: { readonly [name: string]: unknown } | undefined
  /** The id that the visitor got as `x-request-id`. */
  readonly requestId: string
  /** The service's own id for the request, which the visitor does not get. */
  readonly upstreamId: string | undefined
  /** From the request to the answer's end, in milliseconds. */
  readonly ms: number
}

/** What {@link relay} takes. */
export interface RelayOptions<User extends RelayUser = RelayUser> {
  /** The service's address, version included. `http:` together with a key is for loopback only. */
  readonly baseUrl: string
  /** The account's key, or a function that gives it for each request. */
  readonly apiKey?: KeyOption | undefined
  /** Allows a key over plain `http:` to a host that is not loopback. @default false */
  readonly allowInsecure?: boolean | undefined
  /** Further headers for the service. */
  readonly headers?: { readonly [name: string]: string } | undefined
  /** Members of the query for the service: Azure's `api-version`. */
  readonly query?: { readonly [name: string]: string } | undefined
  /** Sends the requests: `compose(retry(), timeout({ headers: 30_000, idle: 60_000 }))(fetch)`. @default the runtime's `fetch` */
  readonly fetch?: Fetch | undefined
  /** The longest silence of the service, before its headers too, in milliseconds; 0 is off. @default 120_000 */
  readonly maxSilence?: number | undefined
  /**
   * Tells who asks, from a cookie or a header; `null` is answered with 401, a `Response` as it is. It is called before the body is
   * read, and must not read it.
   */
  readonly authorize: (
    request: Request,
  ) => User | Response | null | undefined | PromiseLike<User | Response | null | undefined>
  /** The models that may be asked for. */
  readonly models: readonly string[] | ((model: string, user: User) => boolean | PromiseLike<boolean>)
  /**
   * What may be asked for, below `baseUrl`. A request's own path must end with one of them; nothing else of it is passed on.
   * @default ['/chat/completions', '/responses', '/embeddings', '/models']
   */
  readonly paths?: readonly string[] | undefined
  readonly limits?: RelayLimits | ((user: User) => RelayLimits) | undefined
  /**
   * Where requests and tokens are counted: `memoryQuota()` in this process alone. Needed for `requestsPerMinute`, `tokensPerDay` and
   * `concurrent`; a {@link RelayOptions.to} needs none.
   */
  readonly quota?: RelayQuota | undefined
  /**
   * The origins of the pages that may ask, their own host's too: `['https://app.example']`. A request that names another is
   * refused. `'*'` allows every page: for users who show a token, never for cookies. @default []
   */
  readonly origins?: readonly string[] | undefined
  /** Where streams are kept for readers who come back. Without it an answer ends with its reader. */
  readonly streams?: RelayStreams | undefined
  /** How long an answer goes on for readers who may come back, in milliseconds. @default 600_000 (10 minutes) */
  readonly maxDetachedMs?: number | undefined
  /** The members that a body may have; any other is refused. @default all but those of `limits.allow` */
  readonly strictBody?: readonly string[] | undefined
  /**
   * The member that limits an answer of chat, whichever of the two a request has.
   * @default 'max_completion_tokens' for OpenAI and Azure, 'max_tokens' for any other host: a gateway before OpenAI, too
   */
  readonly tokenField?: 'max_tokens' | 'max_completion_tokens' | undefined
  /** Whether streams of chat are asked for their usage, until the service refuses to be asked. @default true */
  readonly includeUsage?: boolean | undefined
  /** Changes a request that has passed the checks: a system prompt, a `user`. What it returns is sent. */
  readonly rewrite?:
    | ((body: { [name: string]: unknown }, user: User) => object | PromiseLike<object>)
    | undefined
  /** Told of each request that went to the service, once its answer is over. */
  readonly onUse?: ((use: RelayUse<User>) => unknown) | undefined
  /** Told of failures that visitors are not told of: of the stores, of functions given here. @default `console.error` */
  readonly onError?: ((error: unknown) => unknown) | undefined
  /**
   * Passes a request on, once its origin, path and user are good, to the user's Durable Object: `user => env.RELAY.getByName(user.id)`.
   * The relay in there checks it again.
   */
  readonly to?: ((user: User) => { fetch(request: Request): Promise<Response> }) | undefined
}

/**
 * Answers a request. Of what a runtime gives besides, only a `waitUntil` is used: it may stand in the second place or, as on
 * Workers, in the third.
 */
export type RelayHandler = (request: Request, ...around: readonly unknown[]) => Promise<Response>
