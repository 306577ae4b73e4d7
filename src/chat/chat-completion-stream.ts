import type { EventStream } from '../stream/event-stream.ts'
import { FoldedStream, type FoldedStreamOptions } from '../stream/folded-stream.ts'
import { handled } from '../stream/in-order.ts'
import { createAccumulator } from './accumulate.ts'
import { type ChatEvent, chatEvents } from './chat-events.ts'
import { reasoningStream, textStream } from './text-stream.ts'
import type { ChatCompletion, ChatCompletionChunk, Choice } from './types.ts'

/**
 * A stream of chunks that folds them while it is read: once, by one of iteration, `text()`, `reasoning()`, `events()`, `tee()`,
 * `toResponse()`, or by `completion()` and `collect()`, which may also be called during or after any other reading to wait for
 * what it adds up to. `snapshot` is the completion so far, also after an abort; it has no choice before the
 * first chunk.
 *
 * @example
 * const stream = new ChatCompletionStream(streamChatCompletion(client, request))
 * for await (const piece of stream.text()) write(piece)
 * const { usage } = await stream.completion()
 */
export class ChatCompletionStream extends FoldedStream<
  ChatCompletionChunk,
  ChatCompletion,
  Omit<ChatCompletion, 'choices'> & { choices: Choice[] }
> {
  constructor(stream: EventStream<ChatCompletionChunk>, options?: FoldedStreamOptions) {
    super(stream, createAccumulator(), options)
  }

  /** The text of the first choice, piece by piece. */
  text(): AsyncIterable<string> {
    return textStream(this.claim())
  }

  /** The thinking of the first choice, piece by piece. */
  reasoning(): AsyncIterable<string> {
    return reasoningStream(this.claim())
  }

  /** What happens in the first choice; see {@link chatEvents}. */
  events(): AsyncIterable<ChatEvent> {
    return chatEvents(this.claim())
  }

  /** The completion that the chunks add up to. */
  completion(): Promise<ChatCompletion> {
    return this.folded()
  }

  /** The whole text of the first choice. */
  collect(): Promise<string> {
    return handled(this.folded().then(({ choices }) => choices[0]?.message.content ?? ''))
  }
}
