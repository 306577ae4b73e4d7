import { IncompleteStreamError } from '../errors/incomplete-stream-error.ts'
import { mapStream } from '../stream/map-stream.ts'
import { isWhole } from './is-whole.ts'
import { addToolCall, type OpenToolCall, toToolCall } from './tool-calls.ts'
import type { ChatCompletionChunk, ToolCall } from './types.ts'

/**
 * The tool calls of a stream's first choice, each once its arguments are whole. What looks like whole JSON may still go on, and
 * pieces of several calls may alternate, so they are given out when the service says that the choice is finished.
 *
 * @throws {IncompleteStreamError} for a call whose arguments are cut
 * @throws {ProtocolError} for a call without a name
 */
export function toolCallStream(stream: AsyncIterable<ChatCompletionChunk>): AsyncIterable<ToolCall> {
  const calls: OpenToolCall[] = []
  let given = 0
  const give = (): readonly ToolCall[] => {
    const first = given
    const ready = calls.slice(first)
    given = calls.length
    return ready.map((call, place) => {
      if (!isWhole(call.arguments)) throw new IncompleteStreamError("A tool call's arguments are cut")
      return toToolCall(call, first + place, true)
    })
  }
  return mapStream(
    stream,
    ({ choices }) => {
      let finished = false
      for (const { index, delta, finishReason } of choices) {
        if (index) continue
        for (const piece of delta?.toolCalls ?? []) addToolCall(calls, piece)
        finished ||= !!finishReason
      }
      return finished ? give() : []
    },
    give,
  )
}
