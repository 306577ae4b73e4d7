import type { Answer } from '../call/answer.ts'
import type { ReadContext } from '../client/types.ts'
import { endedEarly } from '../stream/ended-early.ts'
import { type EventReader, openEvents } from '../stream/sse-reader.ts'
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

/** Reads a stream of the text completions of old: it is whole at `[DONE]`, or once each text has a reason to finish. */
export function readCompletionEvents<T>(
  response: Response,
  context: ReadContext,
): Promise<Answer<EventReader<T>>> {
  const { scrub, operation, body } = context
  const rename = createRenamer(operation.verbatim)
  const finished = new Map<unknown, boolean>()
  let events = 0
  let isBegun = false
  const isFinished = () => finished.size >= countOf(body) && [...finished.values()].every(Boolean)

  function read(text: string, given: Json): T {
    const json = rename(given) as Json
    if (isFailure(json, 'choices')) throwRelayed(text, json, response, scrub)
    isBegun = true
    json.choices ??= []
    for (const { index = 0, finishReason } of json.choices as Json[])
      finished.set(index, !!finishReason || !!finished.get(index))
    return json as T
  }

  return openEvents<T>(response, context, {
    parse({ data }) {
      events++
      return read(
        data,
        parseJson(data, () => `Event ${events}`),
      )
    },
    parseWhole: text =>
      read(
        text,
        parseJson(text, () => nameAnswer(text, response, scrub)),
      ),
    isFinished,
    end(atDone) {
      if (!finished.size || !(atDone || isFinished())) throw endedEarly(isBegun)
    },
  })
}
