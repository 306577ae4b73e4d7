import type { Message, ToolCall } from '../chat/types.ts'
import type { ToolResult } from './types.ts'

/** A message in either spelling: histories come from browsers and from other libraries, too. */
interface AnyMessage {
  readonly role: Message['role']
  readonly toolCalls?: unknown
  readonly tool_calls?: unknown
  readonly toolCallId?: unknown
  readonly tool_call_id?: unknown
}

function lastAnswer(messages: readonly AnyMessage[]): number {
  return messages.findLastIndex(({ role }) => role === 'assistant')
}

/** The calls of the model's last message that no tool message behind it answers. */
export function openCalls(messages: readonly AnyMessage[]): readonly ToolCall[] {
  const at = lastAnswer(messages)
  const calls = messages[at]?.toolCalls ?? messages[at]?.tool_calls
  const answered = messages.slice(at + 1).map(({ toolCallId, tool_call_id: id }) => toolCallId ?? id)
  return Array.isArray(calls) ? calls.filter(call => call && !answered.includes(call.id)) : []
}

/**
 * Adds messages to a history. Tool messages go right behind the model's last one, where services want them: the user may have
 * said something since, and a caller may have pushed an answer behind a picture.
 */
export function addMessages(messages: Message[], more: readonly Message[]): void {
  const after = [...messages.splice(lastAnswer(messages) + 1), ...more]
  for (const isAnswer of [true, false])
    messages.push(...after.filter(({ role }) => (role === 'tool') === isAnswer))
}

/** The messages that answer calls. What no tool message can hold comes behind them all, in one of the user's. */
export function answersOf(results: readonly ToolResult[]): Message[] {
  const content = results.flatMap(({ toolCall, attachments }) =>
    attachments
      ? [{ type: 'text', text: `From ${toolCall.function.name} (${toolCall.id}):` }, ...attachments]
      : [],
  )
  const messages: Message[] = results.map(({ message }) => message)
  return content.length ? [...messages, { role: 'user', content }] : messages
}
