import { isLLMError } from '../errors/llm-error.ts'
import { createAccumulator } from './accumulate.ts'
import type { ChatCompletion, ChatCompletionChunk } from './types.ts'

/**
 * Reads a stream to its end and folds it into one completion, whichever way the service streams: texts joined, thinking as
 * `message.reasoning`, tool calls put together, usage found, vendor fields kept.
 *
 * @throws {LLMError} what ended the stream early, with the completion so far as `partial`
 */
export async function finalCompletion(stream: AsyncIterable<ChatCompletionChunk>): Promise<ChatCompletion> {
  const accumulator = createAccumulator()
  try {
    for await (const chunk of stream) accumulator.add(chunk)
    return accumulator.completion(true)
  } catch (error) {
    if (isLLMError(error)) Reflect.set(error, 'partial', accumulator.completion(false))
    throw error
  }
}
