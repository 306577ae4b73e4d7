import type { CallOptions, Client } from '../client/types.ts'
import { type EventStream, openStream } from '../stream/event-stream.ts'
import { openEvents } from '../stream/sse-reader.ts'
import { chatReader } from './reader.ts'
import type { ChatCompletionChunk, ChatCompletionRequest } from './types.ts'

/**
 * Asks for a chat completion as a stream of chunks: `POST /chat/completions` with `stream: true`. The request is sent at
 * once. The chunks are the service's own, their keys in camelCase; `choices` is always an array and `delta` an object.
 *
 * Every error, a bad request too, is thrown where the stream is read.
 * @see https://platform.openai.com/docs/api-reference/chat/streaming
 * @example
 * for await (const chunk of streamChatCompletion(client, request, { signal }))
 *   write(chunk.choices[0]?.delta.content ?? '')
 */
export function streamChatCompletion(
  client: Client,
  request: ChatCompletionRequest,
  options?: CallOptions,
): EventStream<ChatCompletionChunk> {
  return openStream(
    client,
    {
      name: 'streamChatCompletion',
      route: 'POST /chat/completions',
      body: request,
      stream: true,
      read: (response, context) => openEvents(response, context, chatReader(response, context)),
    },
    options,
  )
}
