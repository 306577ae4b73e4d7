import type { Operation } from '../client/types.ts'
import { type EventRules, readEvents } from '../stream/read-events.ts'
import type { EventReader } from '../stream/sse-reader.ts'
import type { Json } from '../wire/names.ts'
import type { ResponseEvent } from './types.ts'

/** Names of maps in a response: categories of moderation are the service's own. */
export const VERBATIM: readonly string[] = ['categories', 'category_applied_input_types', 'category_scores']

/** The types of the events that end a stream. `[DONE]` alone does not. */
export const LAST: readonly string[] = [
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.cancelled',
]

/** What an event that ends a stream says of a failure. */
export function failureIn({
  type,
  response,
}: {
  readonly type?: unknown
  readonly response?: unknown
}): unknown {
  const { status, error } = Object(response)
  // Some services end every response with `response.completed`, one that failed, too: only its status tells.
  const [, how] = /^response\.(?:\S+ )?(failed|cancelled)\b/.exec(`${type} ${status}`) ?? []
  return how && { error: error ?? { message: `The response ${how}`, code: how } }
}

const RULES: EventRules = {
  failureIn,
  // JSON in answer to `stream: true`.
  fromWhole: (response: Json) => ({ type: `response.${response.status ?? 'completed'}`, response }),
}

/** What all operations that stream a response have in common. */
export const STREAMED: Pick<Operation<EventReader<ResponseEvent>>, 'stream' | 'verbatim' | 'read'> = {
  stream: true,
  verbatim: VERBATIM,
  read: /* @__PURE__ */ readEvents<ResponseEvent>(LAST, RULES),
}
