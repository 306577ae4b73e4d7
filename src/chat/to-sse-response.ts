import { toWire } from '../client/wire-names.ts'
import type { APIError } from '../errors/api-error.ts'
import { isLLMError } from '../errors/llm-error.ts'
import type { ChatCompletionChunk } from './types.ts'

function toErrorBody(error: unknown): object {
  if (!isLLMError(error))
    return { message: 'The stream was aborted', type: 'aborted', code: null, param: null }
  const { message, name, code, status, type, param } = error as Partial<APIError> & typeof error
  // The status, where there is no code, tells the reader the error's class.
  return { message, type: type ?? name, code: code ?? status ?? null, param: param ?? null }
}

/**
 * A stream as a streaming `Response` for a browser or any OpenAI client: events in wire names, vendor fields kept, `[DONE]` at
 * the end. An error becomes an event `{"error":{…}}` and no `[DONE]` follows. It is read by demand, and when its reader goes
 * away the request behind it is ended.
 *
 * @param init status and headers to add
 */
export function toSSEResponse(stream: AsyncIterable<ChatCompletionChunk>, init: ResponseInit = {}): Response {
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
          controller.enqueue(event(JSON.stringify({ error: toErrorBody(error) })))
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
