import { IncompleteStreamError } from '../errors/incomplete-stream-error.ts'
import { mapStream } from '../stream/map-stream.ts'
import { isWhole } from './is-whole.ts'
import { addToolCall, type OpenToolCall, toToolCall } from './tool-calls.ts'
import type { ChatCompletionChunk, ToolCall } from './types.ts'

/**
 * The tool calls of a stream's first choice, each once its arguments are whole. What looks like whole JSON may still go on,
 * pieces of several calls may alternate, and some services send pieces after their reason to finish, so they are given out at
 * the stream's end.
 *
 * @throws {IncompleteStreamError} for a call whose arguments are cut
 * @throws {ProtocolError} for a call without a name
 */
export function toolCallStream(stream: AsyncIterable<ChatCompletionChunk>): AsyncIterable<ToolCall> {
  const calls: OpenToolCall[] = []
  return mapStream(
    stream,
    ({ choices }) => {
      for (const { index, delta } of choices)
        if (!index) for (const piece of delta?.toolCalls ?? []) addToolCall(calls, piece)
      return []
    },
    () =>
      calls.map((call, place) => {
        if (!isWhole(call.arguments)) throw new IncompleteStreamError("A tool call's arguments are cut")
        return toToolCall(call, place, true)
      }),
  )
}
