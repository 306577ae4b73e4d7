import { finalCompletion } from './final-completion.ts'
import type { ChatCompletionChunk } from './types.ts'

/**
 * Reads a stream to its end and returns the text of its first choice.
 *
 * @throws {LLMError} what ended the stream early, with the completion so far as `partial`
 */
export async function collectText(stream: AsyncIterable<ChatCompletionChunk>): Promise<string> {
  const { choices } = await finalCompletion(stream)
  return choices[0]?.message.content ?? ''
}
