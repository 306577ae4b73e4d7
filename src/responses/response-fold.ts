import { IncompleteStreamError } from '../errors/incomplete-stream-error.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import type { Fold } from '../stream/folded-stream.ts'
import { apiFailure } from '../wire/api-failure.ts'
import { copyJson, isObject, type Json } from '../wire/names.ts'
import { failureIn, LAST } from './rules.ts'
import type { ModelResponse, ResponseEvent } from './types.ts'

/** Where the text of an event goes: into an item, one of its parts or one of its summaries. */
const FIELDS: { readonly [name: string]: string } = {
  code_interpreter_call_code: 'code',
  custom_tool_call_input: 'input',
  function_call_arguments: 'arguments',
  mcp_call_arguments: 'arguments',
  output_text: 'text',
  reasoning_summary_text: 'text',
  reasoning_text: 'text',
  refusal: 'refusal',
}

/** What is read of any event. */
interface AnyEvent extends Json {
  readonly type: string
}

/** The largest index that is taken for one: a long search has hundreds of items, and thousands of annotations. */
const MAX_INDEX = 99_999

/** @throws {ProtocolError} unless it is a small non-negative integer, or missing */
function checkPlace(index: unknown): number {
  if (index == null) return 0
  if (Number.isInteger(index) && (index as number) >= 0 && (index as number) <= MAX_INDEX)
    return index as number
  throw new ProtocolError('An index is not a small non-negative integer')
}

function listOf(parent: Json, name: string): Json[] {
  if (!Array.isArray(parent[name])) parent[name] = []
  return parent[name] as Json[]
}

/** The member of a list at an index that a service names, made where it is missing. */
function memberAt(parent: Json, name: string, index: unknown): Json {
  const list = listOf(parent, name)
  const place = checkPlace(index)
  list[place] ??= {}
  return list[place]
}

/** Takes out of lists the places that nothing came for: a stream that was resumed begins in the middle. */
function closeGaps<T>(value: T): T {
  if (!isObject(value)) return value
  for (const key of Object.keys(value)) {
    const child = value[key]
    if (Array.isArray(child)) value[key as keyof T] = child.filter(() => true) as never
    closeGaps(value[key])
  }
  return value
}

/**
 * Folds the events of a response into the response.
 *
 * The last event has the whole of it. What its pieces add up to counts where there is no such event, or where a service leaves
 * `output` empty in it.
 */
export function createResponseFold(): Fold<ResponseEvent, ModelResponse> {
  const pieces: Json = { output: [] }
  let response: Json | undefined
  let after: unknown
  let isWhole = false
  let failure: unknown

  /** The object that holds what an event adds to, and its list and place in there; for an item as a whole, nothing. */
  function placeOf({ outputIndex, itemId, summaryIndex, contentIndex }: AnyEvent): [Json, string?, unknown?] {
    const item = memberAt(pieces, 'output', outputIndex)
    item.id ??= itemId
    if (summaryIndex !== undefined) return [item, 'summary', summaryIndex]
    return contentIndex === undefined ? [item] : [item, 'content', contentIndex]
  }

  function targetOf(event: AnyEvent): Json {
    const [item, list, place] = placeOf(event)
    return list === undefined ? item : memberAt(item, list, place)
  }

  function addPiece(event: AnyEvent): void {
    const [, name = '', step] = event.type.split('.')
    const { item, part, annotation, delta } = event
    const field = FIELDS[name]
    if (item) listOf(pieces, 'output')[checkPlace(event.outputIndex)] = copyJson(item) as Json
    else if (part) {
      const [parent, list = 'content', place] = placeOf(event)
      listOf(parent, list)[checkPlace(place)] = copyJson(part) as Json
    } else if (annotation)
      listOf(targetOf(event), 'annotations')[checkPlace(event.annotationIndex)] = copyJson(annotation) as Json
    else if (field && step === 'delta') {
      const target = targetOf(event)
      target[field] = `${target[field] ?? ''}${delta}`
    } else if (field && typeof event[field] === 'string') targetOf(event)[field] = event[field]
  }

  return {
    add(given) {
      const event = given as AnyEvent
      after = event.sequenceNumber ?? after
      if (isObject(event.response)) response = event.response as Json
      isWhole ||= LAST.includes(event.type)
      failure ||= event.type === 'error' ? event : failureIn(event)
      addPiece(event)
    },
    result(ended) {
      if (ended && failure)
        throw apiFailure(JSON.stringify(failure), { status: 200, headers: new Headers() }, String)
      if (ended && !isWhole)
        throw Object.assign(
          new IncompleteStreamError('The stream ended early'),
          after !== undefined && { resumeAfter: after },
        )
      const { output } = Object(response) as Partial<ModelResponse>
      if (isWhole && output?.length) return response as unknown as ModelResponse
      return { id: '', object: 'response', ...response, ...closeGaps(copyJson(pieces)) } as ModelResponse
    },
  }
}
