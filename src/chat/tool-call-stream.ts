import { mapStream } from '../stream/map-stream.ts'
import { foldToolCall, type OpenToolCall, toToolCall } from './tool-calls.ts'
import type { ChatCompletionChunk, ToolCall } from './types.ts'

/**
 * The tool calls of a stream's first choice, at its end: what looks like whole JSON may still go on, pieces of several calls may
 * alternate, and some services send pieces after their reason to finish. Arguments that do not parse in a complete stream are
 * given out as the model wrote them, as by every other view.
 * @throws {ProtocolError} for a call without a name
 * @example
 * for await (const { id, function: { name, arguments: json } } of toolCallStream(stream)) await run(name, JSON.parse(json))
 */
export function toolCallStream(stream: AsyncIterable<ChatCompletionChunk>): AsyncIterable<ToolCall> {
  const calls: OpenToolCall[] = []
  return mapStream(
    stream,
    ({ choices }) => {
      for (const { index, delta } of choices)
        if (!index) for (const piece of delta?.toolCalls || []) foldToolCall(calls, piece)
      return []
    },
    () => calls.map((call, index) => toToolCall(call, index, true)),
  )
}
