import type { ReadContext } from '../client/client.ts'
import { parseJson } from '../client/read-json.ts'
import { IncompleteStreamError } from '../errors/incomplete-stream-error.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import type { Dialect } from '../stream/event-reader.ts'
import { checkIndex } from './check-index.ts'
import { isWhole } from './is-whole.ts'
import type { ChatCompletion, ChatCompletionChunk, ChunkChoice } from './types.ts'

/** What is known of one choice: whether it has its reason to finish, and the arguments of its tool calls so far. */
interface ChoiceState {
  finished: boolean
  /** By the call's id, or its index where it has none. */
  readonly args: Map<unknown, string>
  readonly ids: Map<unknown, unknown>
}

/**
 * How chat services stream: events of chunks, a `finish_reason` for each choice, then `[DONE]`, which some leave out.
 *
 * @param expected how many choices were asked for
 */
export function chatDialect(
  response: Response,
  context: ReadContext,
  expected = 1,
): Dialect<ChatCompletionChunk> {
  const choices = new Map<number, ChoiceState>()
  let events = 0
  const eventName = () => `Event ${events}`

  function track({ index, delta, finishReason }: ChunkChoice): void {
    const place = checkIndex(index) ?? 0
    let choice = choices.get(place)
    if (!choice) {
      choice = { finished: false, args: new Map(), ids: new Map() }
      choices.set(place, choice)
    }
    choice.finished ||= !!finishReason
    if (!delta.toolCalls) return
    for (const { id, index: position, function: call } of delta.toolCalls) {
      // A piece without an id belongs to the last with its index; one without either, to the last of all.
      const json: unknown = call?.arguments ?? ''
      const latest = choice.ids.get(checkIndex(position))
      const name = id || (latest ?? position)
      choice.ids.set(position, name).set(undefined, name)
      choice.args.set(
        name,
        (choice.args.get(name) ?? '') + (typeof json === 'string' ? json : JSON.stringify(json)),
      )
    }
  }

  return {
    parse({ data, event }) {
      events++
      const chunk = parseJson(data, response, context, event === 'error', eventName) as ChatCompletionChunk
      // Some services leave these out where they have nothing to say.
      if (!chunk.choices) {
        if (!Object.keys(chunk).length) return undefined
        chunk.choices = []
      }
      for (const choice of chunk.choices) {
        choice.delta ??= {}
        track(choice)
      }
      return chunk
    },
    parseWhole(text) {
      const { choices, ...completion } = parseJson(text, response, context) as unknown as ChatCompletion
      if (!Array.isArray(choices) || !choices.length) throw new ProtocolError('The answer has no choices')
      const deltas = choices.map(({ message, ...choice }) => ({ ...choice, delta: message }))
      return {
        ...completion,
        object: 'chat.completion.chunk',
        choices: deltas,
      } as unknown as ChatCompletionChunk
    },
    end(atDone) {
      const states = [...choices.values()]
      // One of several that never began is only missed where nothing else says that this is the end.
      const all = atDone || states.length >= expected
      const whole = states.every(
        ({ finished, args }) => finished || (atDone && [...args.values()].every(isWhole)),
      )
      if (!states.length || !whole || !all)
        throw new IncompleteStreamError(
          states.length ? 'The stream ended early' : 'The stream ended before it began',
          {
            retryable: !states.length,
          },
        )
    },
  }
}
