import { foldStream } from '../stream/folded-stream.ts'
import { createAccumulator } from './accumulate.ts'
import type { ChatCompletion, ChatCompletionChunk } from './types.ts'

/**
 * Reads a stream to its end and folds it into one completion, whichever way the service streams: texts joined, thinking under
 * the service's own key (`reasoningText` reads it), tool calls put together, usage found, vendor fields kept.
 * @throws {LLMError} what ended the stream early, with the completion so far as `partial`
 * @example
 * const completion = await finalCompletion(streamChatCompletion(client, request))
 */
export function finalCompletion(stream: AsyncIterable<ChatCompletionChunk>): Promise<ChatCompletion> {
  return foldStream(stream, createAccumulator())
}
