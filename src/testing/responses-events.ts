import type { JsonObject } from './json.ts'
import { type Part, typedEvent } from './parts.ts'
import type { States } from './responses-json.ts'
import { tokenize } from './text.ts'

type Event = { type: string; [name: string]: unknown }

/** The events of a text that comes piece by piece, and then as a whole. */
function* textEvents(name: string, field: string, text: string, place: JsonObject): Generator<Event> {
  for (const delta of tokenize(text)) yield { type: `response.${name}.delta`, ...place, delta }
  yield { type: `response.${name}.done`, ...place, [field]: text }
}

function* partEvents(place: JsonObject, part: JsonObject): Generator<Event> {
  const isText = part.type === 'output_text'
  const field = isText ? 'text' : 'refusal'
  yield { type: 'response.content_part.added', ...place, part: { ...part, [field]: '' } }
  yield* textEvents(isText ? 'output_text' : 'refusal', field, String(part[field]), place)
  yield { type: 'response.content_part.done', ...place, part }
}

function* itemEvents(item: JsonObject, output_index: number): Generator<Event> {
  const { id: item_id, type } = item
  const place = { item_id, output_index }
  const empty = { message: { content: [] }, reasoning: { summary: [] }, function_call: { arguments: '' } }[
    String(type)
  ]
  yield {
    type: 'response.output_item.added',
    output_index,
    item: { ...item, ...(item.status !== undefined && { status: 'in_progress' }), ...empty },
  }
  if (type === 'message')
    for (const [content_index, part] of (item.content as JsonObject[]).entries())
      yield* partEvents({ ...place, content_index }, part)
  if (type === 'reasoning')
    for (const [summary_index, part] of (item.summary as JsonObject[]).entries()) {
      const within = { ...place, summary_index }
      yield { type: 'response.reasoning_summary_part.added', ...within, part: { ...part, text: '' } }
      yield* textEvents('reasoning_summary_text', 'text', String(part.text), within)
      yield { type: 'response.reasoning_summary_part.done', ...within, part }
    }
  if (type === 'function_call')
    yield* textEvents('function_call_arguments', 'arguments', String(item.arguments), place)
  yield { type: 'response.output_item.done', output_index, item }
}

function* eventsOf({ queued, running, done }: States): Generator<Event> {
  yield { type: 'response.created', response: done.background ? queued : running }
  yield { type: 'response.in_progress', response: running }
  for (const [index, item] of (done.output as JsonObject[]).entries()) yield* itemEvents(item, index)
  yield { type: `response.${done.status}`, response: done }
}

/** The events of a response, each with its number. @param after those up to this number are left out */
export function* toResponseEvents(states: States, after = -1): Generator<Part> {
  let sequence_number = 0
  for (const { type, ...event } of eventsOf(states)) {
    const part = typedEvent(
      { type, sequence_number, ...event },
      /^response\.(completed|incomplete)$/.test(type),
    )
    if (sequence_number++ > after) yield part
  }
}
