import { toWire } from '../wire/names.ts'
import { eventResponse, type SSEResponseInit } from './event-response.ts'

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
export function toSSEResponse(stream: AsyncIterable<object>, init: SSEResponseInit = {}): Response {
  return eventResponse(stream[Symbol.asyncIterator](), toWire, error => ({ error }), init)
}
