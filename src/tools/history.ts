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

const lastAnswer = (messages: readonly Message[]) =>
  messages.findLastIndex(({ role }) => role === 'assistant')
const isToolMessage = ({ role }: Message) => role === 'tool'

/**
 * A copy of a history in which the tool messages come right behind the model's last message, where services want them: the
 * caller may have pushed one behind something else.
 */
export function copyHistory(messages: readonly Message[]): Message[] {
  const at = lastAnswer(messages) + 1
  const after = messages.slice(at)
  const others = after.filter(message => !isToolMessage(message))
  return [...messages.slice(0, at), ...after.filter(isToolMessage), ...others]
}

/** The calls of the model's last message that no tool message answers. */
export function openCalls(messages: readonly AnyMessage[]): OpenCalls {
  const at = lastAnswer(messages)
  const calls = messages[at]?.toolCalls ?? messages[at]?.tool_calls
  const answers = messages.slice(at + 1).filter(isToolMessage) as AnyMessage[]
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
