import { IncompleteStreamError } from '../errors/incomplete-stream-error.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import type { Fold } from '../stream/folded-stream.ts'
import { apiFailure } from '../wire/api-failure.ts'
import { copyJson, isObject, type Json } from '../wire/names.ts'
import { failureIn, LAST } from './rules.ts'
import type { ModelResponse, ResponseEvent } from './types.ts'

/** A piece of a text, or the whole of it: `response.function_call_arguments.delta` adds to `arguments`. */
const TEXT = /^response\.(\w*?(text|refusal|arguments|input|code))\.(delta|done)$/

/** The largest index that is taken for one: a long search has hundreds of items, and thousands of annotations. */
const MAX_INDEX = 99_999

/**
 * Gives the entry of a list in an object, a copy of `value` where there is one.
 *
 * @param isEnd whether `value` is the whole of the entry. Some services leave out of it there what its pieces brought
 * @throws {ProtocolError} for what is no index
 */
function entryOf(parent: Json, name: string, index: unknown, value?: unknown, isEnd = false): Json {
  const place = (index ?? 0) as number
  if (!(Number.isInteger(place) && place >= 0 && place <= MAX_INDEX))
    throw new ProtocolError('An index is not a small non-negative integer')
  const list = (Array.isArray(parent[name]) ? parent[name] : []) as Json[]
  parent[name] = list
  const before = list[place] ?? {}
  const entry = isObject(value) ? copyJson(value) : before
  list[place] = entry
  if (isEnd && before.type === entry.type)
    for (const key of Object.keys(before)) if (`${entry[key] ?? ''}` === '') entry[key] = before[key]
  return entry
}

/** Says what an item is that no event began, by what is said of a piece of it. */
function nameItem(item: Json, kind: string): void {
  if (item.type) return
  if (/^(output_text|refusal)$/.test(kind)) Object.assign(item, { type: 'message', role: 'assistant' })
  else item.type = /^(reasoning|summary)/.test(kind) ? 'reasoning' : kind.replace(/_[a-z]+$/, '')
}

/** Copies an item, without the places in it that nothing came for: a stream that was resumed begins in the middle. */
function copyItem(item: Json): Json {
  const copy = copyJson(item)
  for (const name of ['content', 'summary'])
    if (Array.isArray(copy[name])) copy[name] = Object.values(copy[name])
  return copy
}

/**
 * Folds the events of a response into the response.
 *
 * The last event has the whole of it. What its pieces add up to counts where there is no such event, or where a service leaves
 * `output` empty in it.
 */
export function createResponseFold(): Fold<ResponseEvent, ModelResponse> {
  const pieces: Json = { output: [] }
  let response: Json = { id: '', object: 'response' }
  let after: unknown
  let isWhole = false
  let failure: unknown

  function addPiece(event: Json & { readonly type: string }): void {
    const { item, part, annotation, outputIndex, summaryIndex, contentIndex } = event
    const [, named = '', field, step] = TEXT.exec(event.type) ?? []
    const kind = `${Object(part).type ?? (annotation ? 'output_text' : named)}`
    if (!(item || kind)) return
    const isEnd = /\.done$/.test(event.type)
    let target = entryOf(pieces, 'output', outputIndex, item, isEnd)
    // Some services tell of no item, or of no part, before its pieces.
    if (kind) nameItem(target, kind)
    if (part || /(text|refusal)$/.test(kind)) {
      const list = /summary/.test(kind) ? 'summary' : 'content'
      target = entryOf(target, list, summaryIndex ?? contentIndex, part, isEnd)
      target.type ??= kind.replace('reasoning_s', 's')
    }
    if (annotation) entryOf(target, 'annotations', event.annotationIndex, annotation)
    if (field)
      target[field] =
        step === 'done' ? event[field] || target[field] : `${target[field] ?? ''}${event.delta ?? ''}`
  }

  return {
    add(given) {
      const event = given as Json & { readonly type: string }
      after = event.sequenceNumber ?? after
      if (isObject(event.response)) response = event.response
      isWhole ||= LAST.includes(event.type)
      failure ||= event.type === 'error' ? event : failureIn(event)
      addPiece(event)
    },
    result(ended) {
      if (ended && failure)
        throw apiFailure(JSON.stringify(failure), { status: 200, headers: new Headers() }, String)
      if (ended && !isWhole)
        throw Object.assign(new IncompleteStreamError('The stream ended early'), { resumeAfter: after })
      if (isWhole && (response.output as unknown[])?.length) return response as unknown as ModelResponse
      const output = Object.values(pieces.output as Json[]).map(copyItem)
      return { ...response, output } as unknown as ModelResponse
    },
  }
}
