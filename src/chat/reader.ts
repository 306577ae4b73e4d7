import type { ReadContext } from '../client/types.ts'
import type { LLMError } from '../errors/llm-error.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import { type Dialect, Last } from '../stream/dialect.ts'
import { endedEarly } from '../stream/ended-early.ts'
import { apiFailure } from '../wire/api-failure.ts'
import { brokenOff } from '../wire/broken-off.ts'
import { isFailure, nameAnswer, parseJson, throwFailure } from '../wire/json.ts'
import type { Json } from '../wire/names.ts'
import { throwRelayed } from '../wire/relayed-failure.ts'
import { createRenamer } from '../wire/shapes.ts'
import { checkIndex } from './check-index.ts'
import { readMessage } from './quirks.ts'
import { readCompletion } from './read-completion.ts'
import { addToolCall, isCallWhole, type OpenToolCall } from './tool-calls.ts'
import type { ChatCompletionChunk, Delta } from './types.ts'

/** What is known of one choice. */
interface ChoiceState {
  finished?: boolean
  readonly calls: OpenToolCall[]
  /** Whether it comes in deltas. */
  streams?: boolean
}

/** How many choices the request that was sent asks for. */
function countOf(sent: ReadContext['body']): number {
  try {
    return JSON.parse(sent as string).n ?? 1
  } catch {
    return 1
  }
}

/** Reads how chat services stream: events of chunks, a `finish_reason` for each choice, then `[DONE]`, which some leave out. */
export function chatReader(
  response: Response,
  { scrub, body, operation }: ReadContext,
): Dialect<ChatCompletionChunk> {
  const rename = createRenamer(operation.verbatim)
  const states: ChoiceState[] = []
  let events = 0
  const expected = countOf(body)
  let failure: LLMError | undefined
  const nameEvent = () => `Event ${events}`

  function parse(text: string, name: () => string, isWhole: boolean, isError = false): Json {
    const json = rename(parseJson(text, name, isWhole)) as Json
    if (isError || isFailure(json, 'choices')) throwRelayed(text, json, response, scrub)
    if (Array.isArray(json)) throw new ProtocolError(`${name()} is not a JSON object`)
    return json
  }

  /** Reads a chunk; what broke off after some text is told once that has been handed out. */
  function read(chunk: ChatCompletionChunk): ChatCompletionChunk | Last<ChatCompletionChunk> {
    for (const choice of chunk.choices) {
      const index = checkIndex(choice.index) ?? 0
      if (index >= expected) throw new ProtocolError('A choice was not asked for')
      states[index] ??= { calls: [] }
      const state = states[index]
      if (choice.delta) state.streams = true
      // A service that does not stream sends the message. Some send it once more after the deltas.
      choice.delta ??= (!state.streams && (choice.message as Delta)) || {}
      readMessage(choice.delta as Json)
      state.finished ||= !!choice.finishReason
      if (choice.delta.toolCalls) for (const piece of choice.delta.toolCalls) addToolCall(state.calls, piece)
      if (!choice.finishReason && !choice.error) continue
      const broken = brokenOff(choice)
      if (broken) failure = apiFailure(JSON.stringify(broken), response, scrub)
      if (failure && !choice.delta.content && !choice.delta.toolCalls) throw failure
    }
    return failure ? new Last(chunk) : chunk
  }

  /** Tells whether every choice has ended. One of several that never began is only missed where there is no `[DONE]`. */
  function isWhole(atDone: boolean): boolean {
    const known = Object.values(states)
    const least = atDone ? 1 : expected
    return (
      known.length >= least &&
      known.every(({ finished, calls }) => finished || (atDone && calls.every(isCallWhole)))
    )
  }

  function end(atDone: boolean): void {
    if (failure) throw failure
    if (!isWhole(atDone)) throw endedEarly(!!states.length)
  }

  return {
    parse({ data, event }) {
      events++
      const json = parse(data, nameEvent, false, event === 'error')
      // Some services leave these out where they have nothing to say.
      if (!Object.keys(json).length) return undefined
      json.choices ??= []
      return read(json as unknown as ChatCompletionChunk)
    },
    parseWhole(text) {
      const json = parse(text, () => nameAnswer(text, response, scrub), true)
      if (Object(json.choices)[0]?.delta) {
        const chunk = read(json as unknown as ChatCompletionChunk)
        end(false)
        return chunk as ChatCompletionChunk
      }
      const fail = (broken: object, partial?: unknown) =>
        throwFailure(JSON.stringify(broken), response, scrub, partial)
      const completion = readCompletion(json, { fail }) as Json
      for (const choice of completion.choices as Json[]) {
        choice.delta = choice.message
        delete choice.message
      }
      completion.object = 'chat.completion.chunk'
      return completion as unknown as ChatCompletionChunk
    },
    end,
    isFinished: () => isWhole(false),
    list: 'choices',
  }
}
