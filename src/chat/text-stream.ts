import { mapStream } from '../stream/map-stream.ts'
import { reasoningText } from './quirks.ts'
import type { ChatCompletionChunk, Delta } from './types.ts'

/** The pieces of a stream's first choice, none of them empty. */
function pieces(
  stream: AsyncIterable<ChatCompletionChunk>,
  read: (delta: Delta) => string,
): AsyncIterable<string> {
  return mapStream(stream, ({ choices }) => {
    // One event may bring hundreds of thousands.
    const found: string[] = []
    for (const { index, delta } of choices) {
      const piece = index ? '' : read(delta ?? {})
      if (piece) found.push(piece)
    }
    return found
  })
}

/**
 * The text of a stream's first choice, piece by piece, none of them empty. Ends and fails as the stream does.
 * @example
 * for await (const piece of textStream(streamChatCompletion(client, request))) write(piece)
 */
export function textStream(stream: AsyncIterable<ChatCompletionChunk>): AsyncIterable<string> {
  return pieces(stream, ({ content }) => content ?? '')
}

/**
 * The thinking of a stream's first choice, piece by piece, whatever the service calls it; see `reasoningText`.
 * @example
 * for await (const piece of reasoningStream(streamChatCompletion(client, request))) show(piece)
 */
export function reasoningStream(stream: AsyncIterable<ChatCompletionChunk>): AsyncIterable<string> {
  return pieces(stream, reasoningText)
}
