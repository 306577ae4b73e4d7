import type { ReadContext } from '../client/client.ts'
import { parseJson } from '../client/read-json.ts'
import { IncompleteStreamError } from '../errors/incomplete-stream-error.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import type { Dialect } from '../stream/event-reader.ts'
import { addToolCall, checkIndex, isWhole, type OpenToolCall } from './tool-calls.ts'
import type { ChatCompletion, ChatCompletionChunk, ChunkChoice } from './types.ts'

/** What is known of one choice: its reason to finish, and the tool calls that it may have been cut in. */
interface ChoiceState {
  finished: boolean
  readonly toolCalls: OpenToolCall[]
}

/** How chat services stream: events of chunks, a `finish_reason` for each choice, then `[DONE]`, which some leave out. */
export function chatDialect(response: Response, context: ReadContext): Dialect<ChatCompletionChunk> {
  const choices = new Map<number, ChoiceState>()

  function track({ index, delta, finishReason }: ChunkChoice): void {
    const place = checkIndex(index) ?? 0
    const choice = choices.get(place) ?? { finished: false, toolCalls: [] }
    choices.set(place, choice)
    choice.finished ||= !!finishReason
    for (const piece of delta.toolCalls ?? []) addToolCall(choice.toolCalls, piece)
  }

  return {
    parse({ data, event }) {
      const chunk = parseJson(data, response, context, event === 'error') as ChatCompletionChunk
      if (!Object.keys(chunk).length) return undefined
      // Some services leave these out where they have nothing to say.
      chunk.choices ??= []
      for (const choice of chunk.choices) {
        choice.delta ??= {}
        track(choice)
      }
      return chunk
    },
    parseWhole(text) {
      const { choices, ...completion } = parseJson(text, response, context) as unknown as ChatCompletion
      if (!Array.isArray(choices)) throw new ProtocolError('The answer has no choices')
      const deltas = choices.map(({ message, ...choice }) => ({ ...choice, delta: message }))
      return {
        ...completion,
        object: 'chat.completion.chunk',
        choices: deltas,
      } as unknown as ChatCompletionChunk
    },
    end(atDone) {
      const states = [...choices.values()]
      const whole = states.every(
        ({ finished, toolCalls }) => finished || (atDone && toolCalls.every(isWhole)),
      )
      if (!states.length || !whole)
        throw new IncompleteStreamError(
          states.length ? 'The stream ended early' : 'The stream ended before it began',
          {
            retryable: !states.length,
          },
        )
    },
  }
}
