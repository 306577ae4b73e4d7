import { toWire } from '../wire/names.ts'
import { tellFailure } from '../wire/relayed-failure.ts'

/** Status and headers of a streaming response, and what is sent while there is nothing to send. */
export interface SSEResponseInit extends ResponseInit {
  /**
   * Sends a comment after this many milliseconds without an event, and again after as many more: some proxies end a silent
   * connection, and workerd learns that a reader has left only when it writes. A reader's `idle` limit counts comments as life.
   * @default none are sent
   */
  readonly keepAlive?: number | undefined
}

/** A comment, which readers of events skip. @see https://html.spec.whatwg.org/multipage/server-sent-events.html#authoring-notes */
const COMMENT = ': keep-alive\n\n'

/**
 * A stream as a streaming `Response` for a browser or any OpenAI client: events in wire names, vendor fields kept, `[DONE]` at
 * the end. An error becomes an event `{"error":{…}}` and no `[DONE]` follows; this library throws an error of the same class
 * where it reads one. It is read by demand, and when its reader goes away the request behind it is ended.
 *
 * @param init status and headers to add, and `keepAlive`
 * @example
 * export default {
 *   fetch: async (request: Request) => toSSEResponse(streamChatCompletion(client, await request.json())),
 * }
 */
export function toSSEResponse(
  stream: AsyncIterable<object>,
  { keepAlive, ...init }: SSEResponseInit = {},
): Response {
  const source = stream[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  const event = (data: string) => encoder.encode(`data: ${data}\n\n`)
  let beat: ReturnType<typeof setInterval> | undefined
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const comment = () => {
          // One is enough for a reader who takes none.
          if (controller.desiredSize === 0) controller.enqueue(encoder.encode(COMMENT))
        }
        if (keepAlive) beat = setInterval(comment, keepAlive)
        try {
          const { done, value } = await source.next()
          if (!done) return controller.enqueue(event(JSON.stringify(toWire(value))))
          controller.enqueue(event('[DONE]'))
        } catch (error) {
          controller.enqueue(event(JSON.stringify({ error: tellFailure(error) })))
          await source.return?.()
        } finally {
          clearInterval(beat)
        }
        controller.close()
      },
      async cancel() {
        clearInterval(beat)
        await source.return?.()
      },
    },
    { highWaterMark: 0 },
  )
  const headers = new Headers(init.headers)
  headers.set('content-type', 'text/event-stream; charset=utf-8')
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-cache')
  return new Response(body, { ...init, headers })
}
