import { withPartial } from '../stream/folded-stream.ts'
import { mapStream } from '../stream/map-stream.ts'
import { createAccumulator } from './accumulate.ts'
import { reasoningText } from './quirks.ts'
import type { ChatCompletion, ChatCompletionChunk, ToolCall } from './types.ts'

/** What happens in a stream, as {@link chatEvents} tells it. */
export type ChatEvent =
  | { readonly type: 'text'; readonly delta: string }
  | { readonly type: 'reasoning'; readonly delta: string }
  | { readonly type: 'toolCall'; readonly toolCall: ToolCall }
  | { readonly type: 'end'; readonly completion: ChatCompletion }

/**
 * Tells what happens in a stream's first choice, in one iterator: pieces of text and of thinking as they come, each tool call
 * once it is whole, and at the end the completion. Ends and fails as the stream does, with the completion so far as `partial` of its
 * error.
 * @example
 * for await (const event of chatEvents(streamChatCompletion(client, request)))
 *   if (event.type === 'text') write(event.delta)
 */
export function chatEvents(stream: AsyncIterable<ChatCompletionChunk>): AsyncIterable<ChatEvent> {
  const accumulator = createAccumulator()
  return mapStream<ChatCompletionChunk, ChatEvent>(
    stream,
    chunk => {
      accumulator.add(chunk)
      const events: ChatEvent[] = []
      for (const { index, delta } of chunk.choices) {
        if (index) continue
        const reasoning = reasoningText(delta)
        if (reasoning) events.push({ type: 'reasoning', delta: reasoning })
        if (delta.content) events.push({ type: 'text', delta: delta.content })
      }
      return events
    },
    () => {
      const completion = accumulator.result(true)
      const calls = completion.choices[0]?.message.toolCalls ?? []
      return [
        ...calls.map(toolCall => ({ type: 'toolCall' as const, toolCall })),
        { type: 'end', completion },
      ]
    },
    error => withPartial(error, accumulator),
  )
}
