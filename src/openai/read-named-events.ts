import type { Answer } from '../call/answer.ts'
import type { ReadContext } from '../client/types.ts'
import { endedEarly } from '../stream/ended-early.ts'
import { createEventRenamer } from '../stream/rename-events.ts'
import { type EventReader, openEvents } from '../stream/sse-reader.ts'
import { apiFailure } from '../wire/api-failure.ts'
import { isFailure, nameAnswer, parseJson } from '../wire/json.ts'

/**
 * Reads an answer as a stream of events with names, as the Assistants API has them: `{ event, data }`. It is whole at `[DONE]`.
 */
export function readNamedEvents<T>(
  response: Response,
  context: ReadContext,
): Promise<Answer<EventReader<T>>> {
  const { scrub, operation } = context
  const rename = createEventRenamer(operation.verbatim)
  let events = 0
  let isBegun = false
  return openEvents<T>(response, context, {
    parse({ event = 'message', data }) {
      events++
      const json = parseJson(data, () => `Event ${events}`)
      if (event === 'error' || isFailure(json)) throw apiFailure(data, response, scrub)
      isBegun = true
      return { event, data: rename(json, event) } as T
    },
    parseWhole(text) {
      const json = parseJson(text, () => nameAnswer(text, response, scrub))
      // A run has a member `last_error`, and none that is called `error`.
      if (isFailure(json)) throw apiFailure(text, response, scrub)
      return { event: `${json.object}.${json.status}`, data: rename(json, '') } as T
    },
    end(atDone) {
      if (!atDone) throw endedEarly(isBegun)
    },
  })
}
