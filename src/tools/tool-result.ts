import type { ToolCall } from '../chat/types.ts'
import { CONTENT, type ToolContent } from './tool-content.ts'
import type { ToolResult } from './types.ts'

/** @throws {TypeError} for a `Response`, a `Map`, a stream and the like, of which JSON has nothing: a model would take `{}` for an answer */
function toJson(output: unknown): string {
  const json = JSON.stringify(output) ?? 'null'
  const kind = Object.prototype.toString.call(output)
  if (json === '{}' && kind !== '[object Object]') throw new TypeError(`${kind} is no JSON`)
  return json
}

/**
 * What the model is told of an output: a text as it is, `toolContent` as its parts, anything else as JSON.
 *
 * @throws {TypeError} for what is no JSON
 */
export function toolResult(toolCall: ToolCall, output: unknown): ToolResult {
  const { text, attachments } = (output as ToolContent | undefined)?.[CONTENT] ?? {
    text: typeof output === 'string' ? output : toJson(output),
  }
  const message = { role: 'tool', toolCallId: toolCall.id, content: text } as const
  return { toolCall, message, ...(attachments && { attachments }) }
}
