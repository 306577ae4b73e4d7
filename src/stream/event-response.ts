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

/**
 * A streaming `Response` of what `source` gives, an event each and `[DONE]` at the end; an error is the last event, and no `[DONE]`
 * follows. It is read by demand, and when its reader goes away the source is ended.
 *
 * @param toEvent makes the event of a value
 * @param toLast makes the event of what is told of an error
 */
export function eventResponse<T>(
  source: AsyncIterator<T>,
  toEvent: (value: T) => object,
  toLast: (failure: object) => object,
  { keepAlive, ...init }: SSEResponseInit,
): Response {
  const encoder = new TextEncoder()
  let beat: ReturnType<typeof setInterval> | undefined
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const send = (text: string) => controller.enqueue(encoder.encode(`${text}\n\n`))
        // One comment is enough for a reader who takes none.
        const comment = () => controller.desiredSize === 0 && send(': keep-alive')
        if (keepAlive) beat = setInterval(comment, keepAlive)
        try {
          const { done, value } = await source.next()
          if (!done) return send(`data: ${JSON.stringify(toEvent(value))}`)
          send('data: [DONE]')
        } catch (error) {
          send(`data: ${JSON.stringify(toLast(tellFailure(error)))}`)
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
