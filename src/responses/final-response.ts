import { foldStream } from '../stream/folded-stream.ts'
import { createResponseFold } from './response-fold.ts'
import { LAST } from './rules.ts'
import type { ModelResponse, ResponseEvent } from './types.ts'

/** Ends with the event that ends a response: what comes over a socket goes on with the next one. */
async function* untilLast(
  events: AsyncIterable<ResponseEvent>,
): AsyncGenerator<ResponseEvent, void, undefined> {
  for await (const event of events) {
    yield event
    if (event.type === 'error' || LAST.includes(event.type)) return
  }
}

/**
 * Reads a stream of events to its end and gives the response that it was: of `streamResponse`, or of any other source, such as a
 * socket (see `toResponseEvent`).
 *
 * @throws {IncompleteStreamError} for a stream that ended before `response.completed` or `response.incomplete`; what had arrived
 *   is its `partial`, with the text and the arguments so far
 * @throws {APIError} of the class of its code for a response that failed
 * @example
 * const response = await finalResponse(streamResponse(client, { model: 'gpt-5', input: 'Hi' }))
 * outputText(response)
 */
export function finalResponse(events: AsyncIterable<ResponseEvent>): Promise<ModelResponse> {
  // A stream of this library ends by itself, and is read to its end so that its connection can be used again.
  return foldStream('abort' in events ? events : untilLast(events), createResponseFold())
}
