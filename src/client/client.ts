import type { Scrub } from '../internal/api-failure.ts'
import type { BodyWatcher } from '../internal/body-watcher.ts'
import type { RateLimits } from '../internal/rate-limits.ts'
import type { CacheMode, Fetch, FetchInit, Policy, TimeoutLimits } from '../policies/policy.ts'
import type { HeadersOption } from './headers.ts'
import type { Place } from './wire-names.ts'

/** Values of a query string; `undefined` leaves one out. */
export type Query = { readonly [name: string]: string | number | boolean | undefined }

/** What {@link createClient} takes. */
export interface ClientConfig {
  /**
   * The service's address, version included; no query, no credentials. `http:` together with a key is for loopback only.
   * @default 'https://api.openai.com/v1'
   */
  readonly baseUrl?: string | undefined
  /**
   * Sent as `Authorization: Bearer …`. A function is called once an attempt, concurrent calls sharing one flight (but on
   * Workers), and its key is taken for a short-lived one. Left out, no `authorization` is sent.
   */
  readonly apiKey?: string | (() => string | PromiseLike<string>) | undefined
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
  readonly extraBody?: { readonly [key: string]: unknown } | undefined
}

/** What an endpoint needs to read an answer. */
export interface ReadContext {
  /** Aborts when the attempt is over, for any reason; a read rejects with its `reason` then. */
  readonly signal: AbortSignal
  /** The body that was sent: a policy may have asked for something else than the endpoint did. */
  readonly body?: FetchInit['body']
  /** To be called when bytes arrive before the answer is there. */
  readonly onBytes?: (() => void) | undefined
  readonly scrub: Scrub
  /** What the client's last answer looked like. */
  readonly place: Place
  readonly maxResponseBytes: number
  readonly maxEventBytes: number
}

/** A good answer: a response that policies can read, and on it what the endpoint made of it. */
export interface Answer<T> extends Response {
  readonly data: T
  /** For a stream: tells `watcher` of what is still to come. */
  readonly watch?: (watcher: BodyWatcher) => void
}

/** One operation of the API: what an endpoint function hands to {@link Client.request}. */
export interface Operation<T> {
  /** The name of the endpoint function. */
  readonly name: string
  /** What is appended to the base URL; starts with a slash. May throw a `ValidationError`. */
  path(): string
  /** A request to send by POST, in camelCase or snake_case. Without this member it is a GET. */
  readonly body?: unknown
  /** Whether the answer is a stream; `stream` is set accordingly in the body. @default false */
  readonly stream?: true | undefined
  /** Makes an answer of a response with status 200. What it rejects with counts as the attempt's failure. */
  read(response: Response, context: ReadContext): Promise<Answer<T>>
}

/** A result with what was around it. */
export interface WithResponse<T> {
  readonly data: T
  readonly status: number
  readonly headers: Headers
  /** The service's id for the request (`x-request-id`). */
  readonly requestId: string | undefined
  /** The limits that the service told of in `x-ratelimit-…` headers; empty where it told of none. */
  readonly rateLimits: RateLimits
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
  /** Sends one operation. Endpoint functions stand on it; use it for an endpoint that has none yet. */
  request<T>(operation: Operation<T>, options?: CallOptions): ResultPromise<T>
}
