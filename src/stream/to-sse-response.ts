import { toWire } from '../wire/names.ts'
import { tellFailure } from '../wire/relayed-failure.ts'

/**
 * A stream as a streaming `Response` for a browser or any OpenAI client: events in wire names, vendor fields kept, `[DONE]` at
 * the end. An error becomes an event `{"error":{…}}` and no `[DONE]` follows; who reads it with this library is thrown an
 * error of the same class. It is read by demand, and when its reader goes away the request behind it is ended.
 *
 * @param init status and headers to add
 * @example
 * export default {
 *   fetch: async (request: Request) => toSSEResponse(streamChatCompletion(client, await request.json())),
 * }
 */
export function toSSEResponse(stream: AsyncIterable<object>, init: ResponseInit = {}): Response {
  const source = stream[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  const event = (data: string) => encoder.encode(`data: ${data}\n\n`)
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await source.next()
          if (!done) return controller.enqueue(event(JSON.stringify(toWire(value))))
          controller.enqueue(event('[DONE]'))
        } catch (error) {
          controller.enqueue(event(JSON.stringify({ error: tellFailure(error) })))
          await source.return?.()
        }
        controller.close()
      },
      async cancel() {
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
