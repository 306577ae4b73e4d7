import type { Answer } from '../call/answer.ts'
import type { ReadContext } from '../client/types.ts'
import type { LLMError } from '../errors/llm-error.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import { Last } from '../stream/dialect.ts'
import { endedEarly } from '../stream/ended-early.ts'
import { type EventReader, openEvents } from '../stream/sse-reader.ts'
import { apiFailure } from '../wire/api-failure.ts'
import { brokenOff } from '../wire/broken-off.ts'
import { isFailure, nameAnswer, parseJson } from '../wire/json.ts'
import type { Json } from '../wire/names.ts'
import { throwRelayed } from '../wire/relayed-failure.ts'
import { createRenamer } from '../wire/shapes.ts'

/** How many texts a request asks for: `n` for each prompt. */
function countOf(body: ReadContext['body']): number {
  try {
    const { n, prompt } = JSON.parse(body as string)
    const prompts = Array.isArray(prompt) && typeof prompt[0] !== 'number' ? prompt.length : 1
    return (n ?? 1) * prompts
  } catch {
    return 1
  }
}

/**
 * Reads a stream of the legacy text completions: it is whole at `[DONE]`, or once each text has a reason to finish. One that says
 * that the service broke off is an error.
 */
export function readCompletionEvents<T>(
  response: Response,
  context: ReadContext,
): Promise<Answer<EventReader<T>>> {
  const { scrub, operation, body } = context
  const rename = createRenamer(operation.verbatim)
  const finished = new Map<unknown, boolean>()
  let events = 0
  let isBegun = false
  let failure: LLMError | undefined
  const expected = countOf(body)
  const isFinished = () => finished.size >= expected && [...finished.values()].every(Boolean)

  function read(text: string, name: () => string, isWhole: boolean, isError = false): Json {
    const json = rename(parseJson(text, name, isWhole)) as Json
    if (isError || isFailure(json, 'choices')) throwRelayed(text, json, response, scrub)
    if (Array.isArray(json)) throw new ProtocolError(`${name()} is not a JSON object`)
    isBegun = true
    json.choices ??= []
    for (const choice of json.choices as Json[]) {
      const { index = 0, finishReason } = choice
      finished.set(index, !!finishReason || !!finished.get(index))
      const broken = brokenOff(choice)
      if (broken) failure = apiFailure(JSON.stringify(broken), response, scrub)
    }
    return json
  }

  function end(atDone: boolean): void {
    if (failure) throw failure
    if (!finished.size || !(atDone || isFinished())) throw endedEarly(isBegun)
  }

  return openEvents<T>(response, context, {
    parse({ data, event }) {
      events++
      const json = read(data, () => `Event ${events}`, false, event === 'error') as T
      return failure ? new Last(json) : json
    },
    parseWhole(text) {
      const json = read(text, () => nameAnswer(text, response, scrub), true) as T
      end(true)
      return json
    },
    isFinished,
    list: 'choices',
    end,
  })
}
