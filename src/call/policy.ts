import type { Answer } from './answer.ts'
import { watchBody } from './watch-body.ts'
import type { Watcher } from './watcher.ts'

/** Whether the `cache` policy may use its store: `'bypass'` neither reads nor writes it, `'refresh'` only writes. */
export type CacheMode = 'bypass' | 'refresh'

/** Time limits in milliseconds; 0 is off. */
export interface TimeoutLimits {
  /** Connect, send and wait for the answer's headers. `fetch` cannot tell these apart. */
  readonly headers?: number | undefined
  /** From the headers to a stream's first event; comments sent to keep the connection alive do not count. */
  readonly firstEvent?: number | undefined
  /** The longest silence of the server, in bytes, while the reader waits. */
  readonly idle?: number | undefined
  /** The whole call: all attempts, the waits between them and the reading of the body. */
  readonly total?: number | undefined
}

/** One call of this library's client, for the policies on its way. No `fetch` of a platform or a user is given it. */
export interface Call {
  /** The name of the endpoint function: `'createChatCompletion'`. */
  readonly operation: string
  /** The service's, without a slash at its end. The URL begins with it. */
  readonly baseUrl: string
  readonly stream: boolean
  /** The caller's `maxRetries`. A policy that obeys it passes the call on without it. */
  readonly maxRetries?: number | undefined
  /** The caller's `timeout`. A policy passes on what it leaves to others. */
  readonly timeout?: number | TimeoutLimits | undefined
  /** The caller's `cache`. */
  readonly cache?: CacheMode | undefined
  /** When the whole call must be over, on the clock of `performance.now()`. */
  readonly deadline?: number | undefined
  /** The followers of the call; see {@link policy}. */
  readonly watchers: readonly Watcher[]
  /**
   * Gives the key that an attempt is signed with, where it has no `authorization` and goes to `baseUrl`: that of the latest
   * attempt, unless it is asked for `anew`. A policy that passes the call on without this member sends it unsigned.
   */
  readonly key?: ((signal?: AbortSignal | null, anew?: boolean) => string | Promise<string>) | undefined
  /** Replaces the secrets of the latest attempt in a text of its answer. */
  readonly scrub: (text: string) => string
  /** Reads the answer of the service. @internal */
  readonly read: (response: Response, init: FetchInit, reading: Reading) => Promise<Answer>
}

/** How the answer of one attempt is read. @internal */
export interface Reading {
  /** Replaces the secrets of the attempt in a text. */
  readonly scrub: (text: string) => string
  /** Ends the request behind the answer. */
  readonly disconnect?: (() => void) | undefined
}

/** What a {@link Fetch} gets. `call` is there when the request comes from a client of this library. */
export interface FetchInit extends RequestInit {
  readonly call?: Call | undefined
}

/**
 * The platform's `fetch`, never given a `Request`: a signal that lives only inside one is lost after a garbage collection on
 * several runtimes (undici #4068). Inside a client it settles once the answer is known to be good: with the whole body
 * there, or a stream's first event, and rejects with a typed error else. Around another client's `fetch` it settles at the
 * headers, whatever the status.
 *
 * The body of a client's stream is read by the client: a policy may replace it, or watch it, but not read it beside.
 */
export type Fetch = (url: string, init: FetchInit) => Promise<Response>

/** A decorator of `fetch`. */
export type Policy = (next: Fetch) => Fetch

/** A policy whose result also stands where a `typeof fetch` is asked for, around another client's: this library's own are. */
export type FetchPolicy = (next: Fetch) => Fetch & typeof globalThis.fetch

/** One request as a {@link policy} sees it, whoever sent it. */
export interface PolicyRequest {
  /** The whole URL. */
  readonly url: string
  /** What was given for it: another client may give a `URL` or a `Request`. */
  readonly input: string | URL | Request
  readonly init: FetchInit
  /** That of `init`, or of a `Request`. */
  readonly method: string
  /** Those of `init`, or of a `Request`. */
  readonly headers: NonNullable<RequestInit['headers']>
  /** Ends the request: the one of `init`, or that of a `Request`. */
  readonly signal: AbortSignal | undefined
  /** There when the request comes from a client of this library. */
  readonly call: Call | undefined
  /** Whether the request can be sent twice: a stream, or a `Request` with a body, is gone after the first time. */
  readonly repeatable: boolean
}

/**
 * Passes a request on. `watcher` follows it to the end of its body; `changes` take the place of members of `init`, or of the
 * `url`.
 */
export type Send = (
  watcher?: Watcher | undefined,
  changes?: (FetchInit & { readonly url?: string | undefined }) | undefined,
) => Promise<Response>

/** The policies that read no body of a client's answer: for any other a copy is made of each. */
const frugal: WeakSet<Policy> = /* @__PURE__ */ new WeakSet()

/** Notes that a policy reads no body of a client's answer. */
export function markFrugal<P extends Policy>(policy: P): P {
  frugal.add(policy)
  return policy
}

export function isFrugal(policy: Policy): boolean {
  return frugal.has(policy)
}

/** Tells whether a body is gone once it is sent. Node's `fetch`, and that of its libraries, takes a generator or a stream of Node's. */
function isStream(body: unknown): boolean {
  const given: object = Object(body)
  return 'getReader' in given || Symbol.asyncIterator in given
}

/** Passes a request on, and lets `watcher` follow it. */
async function sendWatched(next: Fetch, url: string, init: FetchInit, watcher: Watcher): Promise<Response> {
  const { call } = init
  let response: Response
  try {
    const watchers = call && [...call.watchers, watcher]
    response = await next(url, watchers ? { ...init, call: { ...call, watchers } } : init)
  } catch (error) {
    watcher.end?.({ error })
    throw error
  }
  if (!call) watcher.headers?.(response.status)
  return watchBody(response, watcher)
}

/**
 * Makes a policy: a decorator of `fetch` that stands in a client's `policies` and around any other client's `fetch` alike.
 * `run` is given each request in one form, whoever sent it, and passes it on with `send`. The bodies of a client's answers have
 * been read already: their data are told to a watcher as `value`.
 * @param name of the function in stack traces
 * @example
 * const pause = policy('pause', async ({ signal }, send) => {
 *   await new Promise(resolve => setTimeout(resolve, 100))
 *   signal?.throwIfAborted()
 *   return send({ end: ({ error }) => console.log(error ? 'failed' : 'over') })
 * })
 */
export function policy(
  name: string,
  run: (request: PolicyRequest, send: Send) => Promise<Response>,
): FetchPolicy {
  const decorate = (next: Fetch) => {
    const decorated = {
      async [name](input: string | Request | URL, init: FetchInit = {}): Promise<Response> {
        const given: Partial<Request> = Object(input)
        const request: PolicyRequest = {
          url: given.url ?? `${input as string}`,
          input,
          init,
          method: init.method ?? given.method ?? 'GET',
          headers: init.headers ?? given.headers ?? {},
          signal: (init.signal === undefined ? given.signal : init.signal) ?? undefined,
          call: init.call,
          repeatable: !isStream(init.body) && !given.body,
        }
        return run(request, (watcher, changes) => {
          const { url = input as string, ...changed } = changes ?? {}
          const passed = changes ? { ...init, ...changed } : init
          return watcher ? sendWatched(next, url, passed, watcher) : next(url, passed)
        })
      },
    }
    return decorated[name]! as Fetch & typeof globalThis.fetch
  }
  return markFrugal(decorate)
}
