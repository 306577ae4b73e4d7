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
  /** The parsed JSON; a `FormData` of a form; the text when it is neither; `undefined` when there was no body. */
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

/** A tool call of a {@link FakeReply}. */
export interface FakeToolCall {
  /** @default one made of the request */
  id?: string | undefined
  name: string
  /** An object is sent as its JSON; a text as it is, so that broken JSON can be played. */
  arguments: object | string
}

/** The token counts of a {@link FakeReply}. What is left out is counted; other names go out as they are. */
export interface FakeUsage {
  promptTokens?: number | undefined
  completionTokens?: number | undefined
  /** @default the sum of both */
  totalTokens?: number | undefined
  promptTokensDetails?:
    | { cachedTokens?: number | undefined; [name: `${string}_${string}`]: unknown }
    | undefined
  completionTokensDetails?:
    | { reasoningTokens?: number | undefined; [name: `${string}_${string}`]: unknown }
    | undefined
  [name: `${string}_${string}`]: unknown
}

/** One answer of the model, to the letter: no stop sequence and no token limit changes it. */
export interface FakeReply {
  /** @default null beside tool calls or a refusal, else an empty text */
  content?: string | null | undefined
  /** Several are called in parallel. */
  toolCalls?: readonly FakeToolCall[] | undefined
  /** What the model thought before it answered. */
  reasoning?: string | undefined
  /** The wire's name for `reasoning`, in which services differ. @default 'reasoning_content' */
  reasoningKey?: 'reasoning' | 'reasoning_content' | undefined
  refusal?: string | undefined
  /** In the wire's words: `stop`, `length`, `tool_calls`, `content_filter`, … @default 'tool_calls' with tool calls, else 'stop' */
  finishReason?: string | null | undefined
  usage?: FakeUsage | undefined
}

/** One reply: a text, which stop sequences and token limits cut, or a whole answer. */
export type Reply = string | FakeReply

/** How the fake model behaves. */
export interface FakeModelOptions {
  /** The key requests must carry as `Authorization: Bearer …`. @default any key, or none */
  apiKey?: string | undefined
  /** The ids of the models there are; each serves every endpoint. @default ['fake-small', 'fake-large', 'fake-embed'] */
  models?: readonly string[] | undefined
  /**
   * What the model says to a chat request, tool calls included: a text, which stop sequences and token limits cut, or a
   * {@link FakeReply}; a list of them, one for each request in turn, of which the last is repeated; or a function of the request and
   * the reply's number, from 0, which may be async. `undefined`, in a list too, lets the model answer by itself: with tools' results, or
   * a value of the schema. A request that a fault leaves without an answer takes no reply, so its retry gets it.
   * @default generated texts and calls
   */
  reply?:
    | string
    | FakeReply
    | readonly (string | FakeReply | undefined)[]
    | ((request: FakeChatRequest, index: number) => Reply | undefined | Promise<Reply | undefined>)
    | undefined
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
