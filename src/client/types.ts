import type { Answer } from '../call/answer.ts'
import type { CacheMode, Fetch, Policy, Reading, TimeoutLimits } from '../call/policy.ts'
import type { Watcher } from '../call/watcher.ts'
import type { HeadersOption } from '../wire/headers.ts'
import type { KeyOption } from '../wire/service.ts'

/** Values of a query string; `undefined` leaves one out, `null` removes one that was set before, a list is sent one by one. */
export type Query = {
  readonly [name: string]:
    | string
    | number
    | boolean
    | readonly (string | number | boolean)[]
    | null
    | undefined
}

/** What {@link createClient} takes. */
export interface ClientConfig {
  /**
   * The service's address, version included; no query, no credentials. `http:` together with a key is for loopback only.
   * @default 'https://api.openai.com/v1'
   */
  readonly baseUrl?: string | undefined
  /**
   * Sent as `Authorization: Bearer …`. A function is called for each attempt, is given `{ signal }`, and its key is taken for a
   * short-lived one. No two calls share what it gives: one of another tenant may be under way. Left out, no `authorization` is
   * sent.
   */
  readonly apiKey?: KeyOption | undefined
  /** Sent with every request. In a browser each header beyond the default three must be allowed by the service's CORS. */
  readonly headers?: HeadersOption | undefined
  /** Added to every URL: `{ 'api-version': '2024-10-21' }` for Azure. */
  readonly query?: Query | undefined
  /** Decorators of `fetch`, outermost first. @default [] */
  readonly policies?: readonly Policy[] | undefined
  /** Checks a request before it is sent, by throwing: `validateRequest`. @default none */
  readonly validate?: ((request: unknown, operation: string) => unknown) | undefined
  /** @default the runtime's `fetch`, looked up at each request */
  readonly fetch?: Fetch | undefined
  /** The largest answer to read, in bytes after decompression. `Infinity` is no limit. @default 67_108_864 (64 MiB) */
  readonly maxResponseBytes?: number | undefined
  /** The largest event of a stream, in bytes. `Infinity` is no limit. @default 33_554_432 (32 MiB) */
  readonly maxEventBytes?: number | undefined
  /** Allows a key over plain `http:` to a host that is not loopback. @default false */
  readonly allowInsecure?: boolean | undefined
  /** Allows a secret key in a browser, where every visitor can read it. @default false */
  readonly allowBrowserKey?: boolean | undefined
}

/** Settings of one call. */
export interface CallOptions {
  /** Ends the call, which then rejects with the signal's own `reason`. */
  readonly signal?: AbortSignal | null | undefined
  /** For the `timeout` policy, in milliseconds. A number stands for `headers`, `firstEvent` and `idle`. */
  readonly timeout?: number | TimeoutLimits | undefined
  /** For the `retry` policy: an integer from 0 to 10. */
  readonly maxRetries?: number | undefined
  /** For the `cache` policy: `'bypass'` leaves the store alone, `'refresh'` asks anew and stores the answer. */
  readonly cache?: CacheMode | undefined
  /** Set after the client's own; `null` removes one. */
  readonly headers?: HeadersOption | undefined
  /** Set after the client's own. */
  readonly query?: Query | undefined
  /** Sent as `idempotency-key`, the same on each attempt. */
  readonly idempotencyKey?: string | undefined
  /** Members for the body, merged last and sent verbatim: nothing in it is renamed. */
  readonly extraBody?: object | undefined
}

/** One operation of the API as data: what an endpoint function hands to {@link Client.request}. */
export interface Operation<T> {
  /** The name of the endpoint function; rules, logs and metrics know the operation by it. */
  readonly name: string
  /** The method and what is appended to the base URL: `'POST /embeddings'`. See `routeOf` for one with parts to fill in. */
  readonly route: string
  /** A request to send as JSON, in camelCase or snake_case. */
  readonly body?: unknown
  /** A form to send; see `toForm`. */
  readonly form?: FormData | undefined
  /** Members of the query, as they are on the wire; see `toQuery`. */
  readonly query?: Query | undefined
  /** The member of the answer that must be a list. */
  readonly list?: string | undefined
  /** Whether a good answer may have a member `error`, as that of a failed job has. @default false */
  readonly ownError?: boolean | undefined
  /** Names whose values are maps of the user's own in this operation: nothing below them is renamed, either way. */
  readonly verbatim?: readonly string[] | undefined
  /** Makes the data of the answer's JSON, names in camelCase already. Throws for what the API does not promise. */
  readonly decode?: ((json: unknown, context: DecodeContext) => T) | undefined
  /** Reads the answer in another way than as JSON: as a stream of events, or raw. */
  readonly read?: ((response: Response, context: ReadContext) => Promise<Answer<T>>) | undefined
  /**
   * Whether the answer is a stream of events. `true` asks for it with `stream` in a JSON body; `'asked'` says that the request
   * asks for it in another way. @default false
   */
  readonly stream?: boolean | 'asked' | undefined
}

/** What is around an answer that is decoded. */
export interface DecodeContext {
  /** The body that was sent: a policy may have asked for something else than the endpoint did. */
  readonly body?: RequestInit['body']
  /** Throws the error that a part of the answer tells of, as if it were the whole, with what had arrived. */
  readonly fail: (failure: object, partial?: unknown) => never
}

/** What an answer is read with. */
export interface ReadContext extends Reading {
  /** What was asked for, without what was sent. */
  readonly operation: Omit<Operation<unknown>, 'body' | 'form'>
  /** Aborts when the attempt is over, for any reason; a read rejects with its reason then. Absent where nothing can end it. */
  readonly signal?: AbortSignal | null | undefined
  /** The body that was sent: a policy may have asked for something else than the endpoint did. */
  readonly body?: RequestInit['body']
  /** Told of what happens until the answer is there. */
  readonly watchers: readonly Watcher[]
  /** Names method and address in an error that comes later. */
  readonly locate: (error: unknown) => void
  readonly maxResponseBytes: number
  readonly maxEventBytes: number
}

/** A result with what was around it. */
export interface WithResponse<T> {
  readonly data: T
  readonly status: number
  readonly headers: Headers
  /** The service's id for the request (`x-request-id` and its like). */
  readonly requestId: string | undefined
  /** From the call to its result, in milliseconds, retries and their waits included. */
  readonly latencyMs: number
  /** How many requests were sent. */
  readonly attempts: number
}

/** A promise of the result that can also tell of the response around it. */
export interface ResultPromise<T> extends Promise<T> {
  withResponse(): Promise<WithResponse<T>>
}

/** Where to send requests, and how. Frozen, and its key cannot be read from it. */
export interface Client {
  readonly baseUrl: string
  /**
   * Sends one operation. Endpoint functions stand on it; `endpoint` makes one. What a function that makes the operation throws is
   * what the call rejects with.
   */
  request<T>(operation: Operation<T> | (() => Operation<T>), options?: CallOptions): ResultPromise<T>
}
