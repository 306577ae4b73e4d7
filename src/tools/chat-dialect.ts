import type { ChatCompletion, Message, ToolCall } from '../chat/types.ts'
import { cutReason } from '../output/cut-reason.ts'
import { noteArguments } from './call-arguments.ts'
import type { Dialect } from './run-loop.ts'
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

function callsOf(message: AnyMessage | undefined): readonly ToolCall[] {
  const calls = message?.toolCalls ?? message?.tool_calls
  return Array.isArray(calls) ? calls.filter(Boolean) : []
}

/** The messages that answer calls. What no tool message can hold comes behind them all, in one of the user's. */
function answersOf(results: readonly ToolResult[]): Message[] {
  const content = results.flatMap(({ toolCall, attachments }) =>
    attachments
      ? [{ type: 'text', text: `From ${toolCall.function.name} (${toolCall.id}):` }, ...attachments]
      : [],
  )
  const messages: Message[] = results.map(({ message }) => message)
  return content.length ? [...messages, { role: 'user', content }] : messages
}

/** What the loop asks about chat. */
export const chatDialect: Dialect<ChatCompletion, Message> = {
  none: { promptTokens: 0, completionTokens: 0, totalTokens: 0 },

  said(completion) {
    const message = completion?.choices[0]?.message
    return { items: message ? [message] : [], text: message?.content ?? '', cut: cutReason(completion) }
  },

  /** Those of the model's last message: further up, a service would have refused them. */
  openCalls(messages: readonly AnyMessage[]) {
    const at = lastAnswer(messages)
    const answered = messages.slice(at + 1).map(({ toolCallId, tool_call_id: id }) => toolCallId ?? id)
    return callsOf(messages[at]).filter(({ id }) => !answered.includes(id))
  },

  /**
   * Tool messages go right behind the model's last one, where services want them: the user may have said something since, and a
   * caller may have pushed an answer behind a picture.
   */
  addResults(messages, results) {
    const after = [...messages.splice(lastAnswer(messages) + 1), ...answersOf(results)]
    for (const isAnswer of [true, false])
      messages.push(...after.filter(({ role }) => (role === 'tool') === isAnswer))
    noteArguments(messages.flatMap(callsOf).map(call => call.function))
  },
}
