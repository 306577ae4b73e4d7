import type { ToolCall } from '../chat/types.ts'
import { CONTENT, type ToolContent } from './tool-content.ts'
import type { ToolResult } from './types.ts'

/**
 * What the model is told of an output: a text as it is, `toolContent` as its parts, anything else as JSON.
 *
 * @throws {TypeError} for what is no JSON
 */
export function toolResult(toolCall: ToolCall, output: unknown): ToolResult {
  const { text, attachments } = (output as ToolContent | undefined)?.[CONTENT] ?? {
    text: typeof output === 'string' ? output : (JSON.stringify(output) ?? 'null'),
  }
  const message = { role: 'tool', toolCallId: toolCall.id, content: text } as const
  return { toolCall, message, ...(attachments && { attachments }) }
}
