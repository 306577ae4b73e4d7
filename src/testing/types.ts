/** A chat request as the fake model received it: wire names, already checked. */
export interface FakeChatRequest {
  model: string
  messages: FakeChatMessage[]
  [key: string]: unknown
}

/** One message of a {@link FakeChatRequest}, in wire names. */
export interface FakeChatMessage {
  role: string
  content?: unknown
  [key: string]: unknown
}

/** What the fake model recorded of one request. */
export interface FakeRequest {
  method: string
  /** The whole URL, query included. */
  url: string
  /** The URL's path, without the query, still percent-encoded. */
  path: string
  /** Names in lower case. */
  headers: Record<string, string>
  /** The parsed JSON; the text when it is not JSON; `undefined` when there was no body. */
  body: unknown
  /** `true` once the client gave up: it aborted, cancelled the answer's body or disconnected before its end. */
  aborted: boolean
}

/**
 * One thing that goes wrong with one answer. Fields combine: `{ status: 429, headers: { 'retry-after': '1' }, delay: 50 }`.
 *
 * An "event" is one server-sent event of a stream, `[DONE]` included. A plain JSON answer counts as two: its first half
 * and its second.
 */
export interface Fault {
  /**
   * The answer's status. From 400 on, the body is the service's usual error for it, unless `body` says otherwise; from 300 to
   * 399 the body is empty; below, the healthy answer keeps its body.
   */
  status?: number | undefined
  /** Added to the answer's headers, over those it has. Names in any case. */
  headers?: Record<string, string> | undefined
  /** Takes the place of the body: a string as it is (`text/plain` unless `headers` says otherwise), all else as JSON. */
  body?: unknown
  /** Milliseconds before the headers are sent. */
  delay?: number | undefined
  /** Falls silent, and stays open: before the headers, after them (`'first'`), or after this many events. */
  stall?: 'headers' | 'first' | number | undefined
  /** Ends the body as if all were well after this many events, always without a finish reason and without `[DONE]`. Plain: half the JSON. */
  cut?: number | undefined
  /** Breaks the connection: instead of an answer (`'headers'`), or after this many events. `fetch` or the body's reader throws a `TypeError`. */
  reset?: 'headers' | number | undefined
  /**
   * `true` or a text: not JSON; in a stream, one such event after the first, then all goes on. `'html'`: a proxy's
   * HTML page, with status 200, in place of any answer.
   */
  garbage?: true | 'html' | (string & {}) | undefined
  /** Sends `[DONE]` twice. */
  duplicateDone?: true | undefined
  /** Sends everything, `[DONE]` included, and never closes the body. */
  lingering?: true | undefined
}

/** How the fake model behaves. */
export interface FakeModelOptions {
  /** The key requests must carry as `Authorization: Bearer …`. @default any key, or none */
  apiKey?: string | undefined
  /** The ids of the models there are; each serves every endpoint. @default ['fake-small', 'fake-large', 'fake-embed'] */
  models?: readonly string[] | undefined
  /** The text of every choice, in place of the generated one. Stop sequences and token limits still cut it; tool calls are made as without it. */
  reply?: ((request: FakeChatRequest) => string) | undefined
  /** Milliseconds between two events of a stream. @default 0 */
  chunkDelay?: number | undefined
  /**
   * What goes wrong: one fault for every request; a list, one for each request in turn, after which all is well (`{}` in the list
   * is a healthy answer); or a function of the request and its number, from 0. A request header `x-fake-fault`, the JSON of a
   * {@link Fault}, comes before this for its own request.
   * @default nothing
   */
  faults?: Fault | readonly Fault[] | ((request: FakeRequest, index: number) => Fault | undefined) | undefined
}
