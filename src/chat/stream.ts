import type { CallOptions, Client } from '../client/client.ts'
import { EventStream } from '../stream/event-stream.ts'
import { openEvents } from '../stream/open-events.ts'
import { chatDialect } from './dialect.ts'
import type { ChatCompletionChunk, ChatCompletionRequest } from './types.ts'

/**
 * Asks for a chat completion as a stream of chunks: `POST /chat/completions` with `stream: true`. The request is sent at
 * once. The chunks are the service's own, their keys in camelCase; `choices` is always an array and `delta` an object.
 *
 * Every error, a bad request too, is thrown where the stream is read.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/streaming
 */
export function streamChatCompletion(
  client: Client,
  request: ChatCompletionRequest,
  options?: CallOptions,
): EventStream<ChatCompletionChunk> {
  return new EventStream(
    signal =>
      client
        .request(
          {
            name: 'streamChatCompletion',
            path: () => '/chat/completions',
            body: request,
            stream: true,
            read: (response, context) =>
              openEvents(response, context, chatDialect(response, context, request.n ?? 1)),
          },
          { ...options, signal },
        )
        .withResponse(),
    options?.signal,
  )
}
