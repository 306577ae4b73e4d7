import type { Answer } from '../call/answer.ts'
import type { ReadContext } from '../client/types.ts'
import { IncompleteStreamError } from '../errors/incomplete-stream-error.ts'
import type { LLMError } from '../errors/llm-error.ts'
import { apiFailure } from '../wire/api-failure.ts'
import { isFailure, nameAnswer, parseJson } from '../wire/json.ts'
import type { Json } from '../wire/names.ts'
import { throwRelayed } from '../wire/relayed-failure.ts'
import { type Dialect, Last } from './dialect.ts'
import { endedEarly } from './ended-early.ts'
import { createEventRenamer } from './rename-events.ts'
import { type EventReader, openEvents } from './sse-reader.ts'

/** What is known of a stream whose events have a `type`. */
export interface EventRules {
  /** Tells how many events of these types end the stream, by the body that was sent. @default one */
  readonly countIn?: ((body: RequestInit['body']) => number) | undefined
  /** Tells of the failure that an event of one of these types stands for: it is thrown once the event has been handed out. */
  readonly failureIn?: ((event: Json) => unknown) | undefined
  /** Makes the event that stands for a whole answer, sent instead of a stream. @default one of the first of these types */
  readonly fromWhole?: ((json: Json) => Json) | undefined
}

/** Reads streams of events that have a `type`, of which some are the last. */
function typedEvents<T>(
  response: Response,
  { scrub, operation, body }: ReadContext,
  last: readonly string[],
  { countIn, failureIn, fromWhole }: EventRules = {},
): Dialect<T> {
  const rename = createEventRenamer(operation.verbatim)
  let events = 0
  let isBegun = false
  let missing = countIn?.(body) ?? 1
  let failure: LLMError | undefined

  function read(text: string, given: Json, name?: string): T | Last<T> | undefined {
    const type = `${given.type ?? name}`
    const json = rename(given, type)
    if (type === 'error' || isFailure(json)) throwRelayed(text, json, response, scrub)
    // What keeps a connection alive may be an event without members.
    if (!Object.keys(json).length) return undefined
    json.type ??= name
    isBegun = true
    const isLast = last.includes(type)
    const failed = isLast && failureIn?.(json)
    if (failed) failure = apiFailure(JSON.stringify(failed), response, scrub)
    return isLast && !--missing ? new Last(json as T) : (json as T)
  }

  return {
    parse({ data, event }) {
      events++
      return read(
        data,
        parseJson(data, () => `Event ${events}`),
        event,
      )
    },
    parseWhole(text) {
      const given = parseJson(text, () => nameAnswer(text, response, scrub))
      const isEvent = given.type || isFailure(given)
      missing = 1
      const value = read(text, isEvent ? given : (fromWhole?.(given) ?? { type: last[0], ...given }))
      if (failure) throw failure
      if (!(value instanceof Last))
        throw new IncompleteStreamError('The answer is an event that is not the last')
      return value.value
    },
    end() {
      if (failure) throw failure
      if (missing > 0) throw endedEarly(isBegun)
    },
  }
}

/**
 * Makes what reads an answer as a stream of events that have a `type`, each with names in camelCase. The stream is whole with an
 * event of one of the given types; one that ends before is an `IncompleteStreamError`. An event `error`, or one that tells of a
 * failure in any other known shape, is thrown.
 *
 * @param last the types of which one ends the stream
 * @example
 * const speech = openStream<SpeechEvent>(client, {
 *   name: 'speak', route: 'POST /speak', body: { text }, stream: true, read: readEvents(['speech.done']),
 * })
 */
export function readEvents<T>(
  last: readonly string[],
  rules?: EventRules,
): (response: Response, context: ReadContext) => Promise<Answer<EventReader<T>>> {
  return (response, context) => openEvents(response, context, typedEvents<T>(response, context, last, rules))
}
