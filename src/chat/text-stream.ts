import { mapStream } from '../stream/map-stream.ts'
import { readContent } from './content.ts'
import type { ChatCompletionChunk } from './types.ts'

/** The text of a stream's first choice, piece by piece, none of them empty. Ends and fails as the stream does. */
export function textStream(stream: AsyncIterable<ChatCompletionChunk>): AsyncIterable<string> {
  return mapStream(stream, ({ choices }) =>
    choices
      .filter(({ index }) => !index)
      .map(({ delta }) => readContent(delta?.content).text)
      .filter(Boolean),
  )
}
