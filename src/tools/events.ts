// Stands in for `chat/chat-events.ts`, which is to have the same names.

import { createAccumulator } from '../chat/accumulate.ts'
import { readContent } from '../chat/content.ts'
import type { ChatCompletion, ChatCompletionChunk, ResponseMessage, ToolCall } from '../chat/types.ts'
import { isLLMError } from '../errors/llm-error.ts'

/** What happens in a stream of a chat completion. */
export type ChatEvent =
  | { readonly type: 'text' | 'reasoning'; readonly delta: string }
  | { readonly type: 'toolCall'; readonly toolCall: ToolCall }
  | { readonly type: 'end'; readonly completion: ChatCompletion }

/** The events of a stream's first choice; what ends it early carries the completion so far as `partial`. */
export async function* chatEvents(stream: AsyncIterable<ChatCompletionChunk>): AsyncGenerator<ChatEvent> {
  const accumulator = createAccumulator()
  try {
    for await (const chunk of stream) {
      accumulator.add(chunk)
      const { delta } = chunk.choices.find(({ index }) => !index) ?? {}
      const said = readContent(delta?.content)
      const reasoning = delta?.reasoning || delta?.reasoningContent || said.reasoning
      if (reasoning) yield { type: 'reasoning', delta: `${reasoning}` }
      if (said.text) yield { type: 'text', delta: said.text }
    }
    const completion = accumulator.completion(true)
    for (const toolCall of completion.choices[0]?.message.toolCalls ?? [])
      yield { type: 'toolCall', toolCall }
    yield { type: 'end', completion }
  } catch (error) {
    if (isLLMError(error)) Reflect.set(error, 'partial', accumulator.completion(false))
    throw error
  }
}

/** The text of a whole message, whichever way the service writes it. */
export function textOf(message: ResponseMessage | undefined): string {
  return readContent(message?.content).text
}
