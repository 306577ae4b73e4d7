import { handled } from '../stream/in-order.ts'
import { finalCompletion } from './final-completion.ts'
import type { ChatCompletionChunk } from './types.ts'

/**
 * Reads a stream to its end and returns the text of its first choice.
 * @throws {LLMError} what ended the stream early, with the completion so far as `partial`
 * @example
 * const text = await collectText(streamChatCompletion(client, request))
 */
export function collectText(stream: AsyncIterable<ChatCompletionChunk>): Promise<string> {
  return handled(finalCompletion(stream).then(({ choices }) => choices[0]?.message.content ?? ''))
}
