import { isObject } from './json.ts'
import type { FakeChatMessage } from './types.ts'

/** The text of a message: its content, or its text parts joined. */
export function textOf(message: FakeChatMessage | undefined): string {
  const content = message?.content
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .map(part => (isObject(part) && typeof part.text === 'string' ? part.text : ''))
    .filter(text => text !== '')
    .join(' ')
}

/** What the model is asked: the last user message, or failing that the last one that says anything. */
export function promptOf(messages: readonly FakeChatMessage[]): string {
  const reversed = [...messages].reverse()
  const user = reversed.find(message => message.role === 'user')
  return textOf(user ?? reversed.find(message => textOf(message) !== ''))
}

/** The tool results at the end of the conversation, which nobody has answered yet. */
export function openToolResults(messages: readonly FakeChatMessage[]): string[] {
  let start = messages.length
  while (start > 0 && messages[start - 1]?.role === 'tool') start--
  return messages.slice(start).map(textOf)
}
