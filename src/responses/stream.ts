import type { Client } from '../client/types.ts'
import { validationError } from '../errors/validation-error.ts'
import type { EventStream } from '../stream/event-stream.ts'
import { openResponseStream, type ResponseStreamOptions } from './open-response-stream.ts'
import { STREAMED } from './rules.ts'
import type { CreateResponse, ResponseEvent } from './types.ts'

/**
 * Asks for a response as a stream of events: `POST /responses` with `stream: true`. The request is sent at once. The events are
 * the service's own, with names in camelCase; their `type` tells them apart.
 *
 * It is whole with `response.completed` or `response.incomplete`. `response.failed` is handed out, and then thrown as an
 * `APIError` of the class of its code; a stream that ends before is an `IncompleteStreamError`. What is thrown carries the
 * response as far as events gave it whole as `partial` (`finalResponse` adds the pieces), and, if it broke, the number of the last
 * event as `resumeAfter`.
 *
 * @param options.resumable goes on after a broken connection, as {@link resumeResponse} does, and hands out each event once.
 *   Needs `background: true`. @default false
 * @throws {ValidationError} for `resumable` without `background`, where the stream is read, as every error
 * @see https://platform.openai.com/docs/api-reference/responses-streaming
 * @example
 * for await (const event of streamResponse(client, { model: 'gpt-5', input: 'Hi' }, { signal }))
 *   if (event.type === 'response.output_text.delta') write(event.delta)
 */
export function streamResponse(
  client: Client,
  request: CreateResponse,
  options?: ResponseStreamOptions,
): EventStream<ResponseEvent> {
  return openResponseStream(
    client,
    () => {
      if (options?.resumable && request.background !== true)
        throw validationError([{ path: 'resumable', message: 'needs background: true in the request' }])
      return { ...STREAMED, name: 'streamResponse', route: 'POST /responses', body: request }
    },
    options,
  )
}
