import {
  type CallOptions,
  type ChatCompletionChunk,
  type ChatCompletionRequest,
  type Client,
  type ClientConfig,
  createClient,
  type EventStream,
  streamChatCompletion,
} from '../../src/index.ts'

/** How the bytes of a stream are cut into network chunks. */
export const FRAMINGS = ['one event a chunk', 'one byte a chunk', '16 KiB a chunk', 'all at once'] as const
export type Framing = (typeof FRAMINGS)[number]

export const request: ChatCompletionRequest = {
  model: 'any',
  messages: [{ role: 'user', content: 'Hi' }],
}

const encoder = new TextEncoder()

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text)
}

/** Events of an event stream: a string is the data as it is, all else is sent as JSON. */
export function events(...data: readonly unknown[]): string[] {
  return data.map(each => `data: ${typeof each === 'string' ? each : JSON.stringify(each)}\n\n`)
}

/** The text of {@link events}. */
export function sse(...data: readonly unknown[]): string {
  return events(...data).join('')
}

/** A chunk in wire names, with one choice. */
export function chunk(delta: unknown, finish: string | null = null, more: object = {}): object {
  const choices = [{ index: 0, delta, finish_reason: finish }]
  return { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm', choices, ...more }
}

/** A chunk with a piece of a tool call. */
export function toolChunk(...pieces: readonly unknown[]): object {
  return chunk({ tool_calls: pieces })
}

export const STOP: object = chunk({}, 'stop')

export function cut(bytes: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer>[] {
  const count = Math.ceil(bytes.length / size)
  return Array.from({ length: count }, (_, place) => bytes.slice(place * size, (place + 1) * size))
}

export function frame(list: readonly string[], framing: Framing): Uint8Array<ArrayBuffer>[] {
  const bytes = bytesOf(list.join(''))
  if (framing === 'one event a chunk') return list.map(bytesOf)
  return cut(bytes, { 'one byte a chunk': 1, '16 KiB a chunk': 16_384, 'all at once': bytes.length }[framing])
}

/** A body under the test's eye. */
export interface Body {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>
  /** How many pieces were asked for. */
  pulls: number
  cancels: number
  reason?: unknown
}

/** What follows the pieces: the end, silence, or an error. */
export type After = 'end' | 'silence' | { readonly error: unknown }

/** A body that gives out its pieces by demand. Pieces need not be bytes: a custom `fetch` may be wrong about that. */
export function bodyOf(pieces: Iterable<unknown>, after: After = 'end'): Body {
  const source = pieces[Symbol.iterator]()
  const result: Body = { pulls: 0, cancels: 0, body: undefined as unknown as Body['body'] }
  const body = new ReadableStream(
    {
      pull(controller) {
        const { done, value } = source.next()
        if (!done) {
          result.pulls++
          controller.enqueue(value)
        } else if (after === 'end') controller.close()
        else if (after !== 'silence') controller.error(after.error)
        else return new Promise(() => {})
        return undefined
      },
      cancel(reason) {
        result.cancels++
        result.reason = reason
      },
    },
    { highWaterMark: 0 },
  )
  return Object.assign(result, { body })
}

/** A client whose service answers with this body. */
export function clientFor(
  body: BodyInit | null | (() => Response),
  config: Omit<ClientConfig, 'fetch'> = {},
): Client {
  const fetch = async (): Promise<Response> => {
    if (typeof body === 'function') return body()
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }
  return createClient({ baseUrl: 'https://service.test/v1', ...config, fetch })
}

/** A stream whose service answers with this body. */
export function streamOf(
  body: BodyInit | null | (() => Response),
  options?: CallOptions,
  config?: Omit<ClientConfig, 'fetch'>,
): EventStream<ChatCompletionChunk> {
  return streamChatCompletion(clientFor(body, config), request, options)
}

/** What became of a promise: its value, or its error. */
export async function outcome<T>(work: PromiseLike<T>): Promise<{ value?: T; error?: unknown }> {
  try {
    return { value: await work }
  } catch (error) {
    return { error }
  }
}

/** Everything that an iterable gives, and what ended it. */
export async function drain<T>(source: AsyncIterable<T>): Promise<{ values: T[]; error?: unknown }> {
  const values: T[] = []
  try {
    for await (const value of source) values.push(value)
    return { values }
  } catch (error) {
    return { values, error }
  }
}

/** The contents of chunks, joined. */
export function textOf(chunks: readonly ChatCompletionChunk[]): string {
  return chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')
}

/**
 * Waits for a condition that something outside of the test brings about. The limit only turns a hang into a message, so it is long:
 * a busy machine must not fail a test.
 */
export async function until(condition: () => boolean, limit = 20_000): Promise<void> {
  for (const start = performance.now(); !condition(); ) {
    if (performance.now() - start > limit) throw new Error(`still not so after ${limit} ms`)
    await new Promise(resolve => setTimeout(resolve, 2))
  }
}
