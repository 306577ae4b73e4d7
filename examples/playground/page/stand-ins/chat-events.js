// Stands in for llmfetch's own `chatEvents` until it has one.

import { ChatCompletionStream } from 'llmfetch'

/** The thinking in a delta: services have two names for it. */
const thoughtIn = ({ reasoningContent, reasoning }) => reasoningContent ?? reasoning

/**
 * A stream as typed events: `text` and `reasoning` with a `delta` each, then a `toolCall` for each call once it is whole, and
 * `end` with the completion.
 */
export async function* chatEvents(stream) {
  const folded = new ChatCompletionStream(stream)
  for await (const { choices } of folded) {
    const { delta = {} } = choices[0] ?? {}
    const thought = thoughtIn(delta)
    if (thought) yield { type: 'reasoning', delta: thought }
    if (delta.content) yield { type: 'text', delta: delta.content }
  }
  const completion = await folded.completion()
  for (const toolCall of completion.choices[0].message.toolCalls ?? []) yield { type: 'toolCall', toolCall }
  yield { type: 'end', completion }
}
