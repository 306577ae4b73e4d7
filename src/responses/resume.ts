import type { Client } from '../client/types.ts'
import type { EventStream } from '../stream/event-stream.ts'
import { openResponseStream, type ResponseStreamOptions, resumeOperation } from './open-response-stream.ts'
import type { ResponseEvent } from './types.ts'

/**
 * Streams a response that runs in the background, from its beginning or after an event: `GET /responses/{responseId}` with
 * `stream=true` and `starting_after`. It is whole as one of {@link streamResponse} is.
 *
 * OpenAI keeps the events for about five minutes; later, ask for the response with `getResponse` until it is done. A proxy may drop
 * `starting_after` and send all events again: those that were not to come are left out.
 *
 * @param responseId the `id` of the response, as its first event has it
 * @param startingAfter the `sequenceNumber` of the last event that had arrived, as an error's `resumeAfter` has it. @default none
 * @see https://platform.openai.com/docs/api-reference/responses/get
 * @example
 * const rest = resumeResponse(client, id, error.resumeAfter)
 * const response = await finalResponse(rest)
 */
export function resumeResponse(
  client: Client,
  responseId: string,
  startingAfter?: number,
  options?: ResponseStreamOptions,
): EventStream<ResponseEvent> {
  const operation = resumeOperation(responseId, startingAfter)
  return openResponseStream(client, operation, options, responseId, startingAfter)
}
