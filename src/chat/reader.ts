import type { ReadContext } from '../client/types.ts'
import { IncompleteStreamError } from '../errors/incomplete-stream-error.ts'
import type { LLMError } from '../errors/llm-error.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import { type Dialect, Last } from '../stream/sse-reader.ts'
import { apiFailure } from '../wire/api-failure.ts'
import { isFailure, nameAnswer, parseJson, throwFailure } from '../wire/json.ts'
import type { Json } from '../wire/names.ts'
import { throwRelayed } from '../wire/relayed-failure.ts'
import { createRenamer } from '../wire/shapes.ts'
import { checkIndex } from './check-index.ts'
import { failureIn, readMessage } from './quirks.ts'
import { readCompletion } from './read-completion.ts'
import { addToolCall, isCallWhole, type OpenToolCall } from './tool-calls.ts'
import type { ChatCompletionChunk, ChunkChoice } from './types.ts'

/** What is known of one choice. */
interface ChoiceState {
  finished: boolean
  readonly calls: OpenToolCall[]
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
export function chatReader(response: Response, context: ReadContext): Dialect<ChatCompletionChunk> {
  const { scrub, body, operation } = context
  const rename = createRenamer(operation.verbatim)
  const choices = new Map<number, ChoiceState>()
  let events = 0
  let expected: number | undefined
  let failure: LLMError | undefined

  function track(choice: ChunkChoice): void {
    const { index, delta, finishReason } = choice
    const known = checkIndex(index) ?? 0
    let state = choices.get(known)
    if (!state) {
      expected ??= countOf(body)
      if (known >= expected) throw new ProtocolError('A choice was not asked for')
      state = { finished: false, calls: [] }
      choices.set(known, state)
    }
    state.finished ||= !!finishReason
    if (delta.toolCalls) for (const piece of delta.toolCalls) addToolCall(state.calls, piece)
  }

  /** Reads a chunk; what broke off after some text is told once that has been handed out. */
  function read(chunk: ChatCompletionChunk): ChatCompletionChunk | Last<ChatCompletionChunk> {
    let isLast = false
    for (const choice of chunk.choices) {
      choice.delta ??= {}
      readMessage(choice.delta as Json)
      track(choice)
      const broken = failureIn(choice)
      if (!broken) continue
      failure = apiFailure(JSON.stringify(broken), response, scrub)
      if (!choice.delta.content && !choice.delta.toolCalls) throw failure
      isLast = true
    }
    return isLast ? new Last(chunk) : chunk
  }

  function end(atDone: boolean): void {
    if (failure) throw failure
    const states = [...choices.values()]
    // One of several that never began is only missed where nothing else says that this is the end.
    const all = atDone || states.length >= (expected ?? 1)
    const whole = states.every(({ finished, calls }) => finished || (atDone && calls.every(isCallWhole)))
    if (!states.length || !whole || !all)
      throw new IncompleteStreamError(
        states.length ? 'The stream ended early' : 'The stream ended before it began',
        { retryable: !states.length },
      )
  }

  return {
    parse({ data, event }) {
      events++
      const json = rename(parseJson(data, () => `Event ${events}`)) as Json
      if (event === 'error' || isFailure(json, 'choices')) throwRelayed(data, json, response, scrub)
      // Some services leave these out where they have nothing to say.
      if (!json.choices) {
        if (!Object.keys(json).length) return undefined
        json.choices = []
      }
      return read(json as unknown as ChatCompletionChunk)
    },
    parseStray(line) {
      try {
        const json = JSON.parse(line)
        if (!isFailure(json, 'choices') && !json.message) return
      } catch {
        return
      }
      throw apiFailure(line, response, scrub)
    },
    parseWhole(text) {
      const json = rename(parseJson(text, () => nameAnswer(text, response, scrub))) as Json
      if (isFailure(json, 'choices')) throwRelayed(text, json, response, scrub)
      if (Object(json.choices)[0]?.delta) {
        const chunk = read(json as unknown as ChatCompletionChunk)
        end(false)
        return chunk as ChatCompletionChunk
      }
      const { choices, ...completion } = readCompletion(json, {
        fail: (broken, partial) => throwFailure(JSON.stringify(broken), response, scrub, partial),
      })
      if (!choices) throw new ProtocolError('The answer has no choices')
      const deltas = choices.map(({ message, ...choice }) => ({ ...choice, delta: message }))
      return { ...completion, object: 'chat.completion.chunk', choices: deltas } as unknown as ChatCompletionChunk
    },
    end,
    isFinished() {
      return choices.size >= (expected ?? 1) && [...choices.values()].every(({ finished }) => finished)
    },
  }
}
