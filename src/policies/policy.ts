/** One call's settings and hooks, for the policies on its way. Every real `fetch` ignores it. */
export interface Call {
  /** The endpoint function: `'createChatCompletion'`. */
  readonly operation: string
  /** The client's, without a slash at its end. The URL begins with it. */
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
  /** Called as a request goes out. */
  readonly onAttempt?: (() => void) | undefined
  /**
   * Called when an answer's headers are there. The promise of the fetch settles later: see {@link Fetch}; for an error (400 and
   * above) in two seconds at most, which is what its details may take.
   */
  readonly onHeaders?: ((status: number) => void) | undefined
  /** Called when bytes of an answer arrive before its promise settles. */
  readonly onBytes?: (() => void) | undefined
  /** The innermost fetch: signs the request, sends it, and lets only a good answer through. */
  readonly send: Fetch
  /** Makes an answer, as the promise of a fetch gives it, of a response that a policy has of its own; rejects for a bad one. */
  readonly read: (response: Response, init: FetchInit) => Promise<Response>
  /**
   * The SHA-256 digest of a text and of the key that the request is signed with: tells callers apart who share something, and
   * does not show the key. Once a request was sent it is of that request's key. Absent where another service is asked.
   */
  readonly digest?: ((text: string) => Promise<ArrayBuffer>) | undefined
}

/** For the `cache` policy: `'bypass'` neither reads nor writes the store, `'refresh'` only writes. */
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
