import type { Message, ToolCall } from '../chat/types.ts'
import type { ToolResult } from './types.ts'

/** A message in either spelling: histories come from browsers and from other libraries, too. */
type AnyMessage = Message & { toolCallId?: unknown; tool_call_id?: unknown; tool_calls?: unknown }

/** Calls that wait for an answer. */
export interface OpenCalls {
  readonly calls: readonly ToolCall[]
  /** Where in the history the answers go. */
  readonly place: number
}

/** The calls of the model's last message that no tool message answers. */
export function openCalls(messages: readonly AnyMessage[]): OpenCalls {
  const at = messages.findLastIndex(({ role }) => role === 'assistant')
  const calls = messages[at]?.toolCalls ?? messages[at]?.tool_calls
  const answers = messages.slice(at + 1).filter(({ role }) => role === 'tool')
  const answered = new Set(answers.map(({ toolCallId, tool_call_id: id }) => toolCallId ?? id))
  return {
    calls: Array.isArray(calls) ? calls.filter(call => call && !answered.has(call.id)) : [],
    place: at + 1 + answers.length,
  }
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
