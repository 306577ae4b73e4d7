import { complete } from './chat.ts'
import { decodeSegment } from './decode-segment.ts'
import type { JsonObject } from './json.ts'
import { type Answer, eventsAnswer, jsonAnswer } from './parts.ts'
import { readBody } from './read-body.ts'
import { toResponseEvents } from './responses-events.ts'
import { type States, toResponse } from './responses-json.ts'
import { toChatRequest, toMessages } from './responses-request.ts'
import type { Call } from './route.ts'
import { refuse, ServiceError } from './service-error.ts'
import type { FakeChatMessage } from './types.ts'

/** A response that is kept. */
interface Stored extends States {
  /** What was said before and in it. */
  messages: readonly FakeChatMessage[]
  input: unknown
  /** How often one in the background was asked for. */
  polls: number
  cancelled: boolean
}

const PREFIX = 'response '

/** Answers with a response: as JSON, as a stream, or at once with one that goes on in the background. */
export async function answerResponse(call: Call): Promise<Answer> {
  const body = readBody(call)
  const { background = false, store = true, stream, previous_response_id: previous, input } = body
  if (background && store === false)
    refuse("Background mode requires 'store' to be true.", 'background', 'unsupported_parameter')
  const before = previous == null ? [] : find(call, String(previous), 'previous_response_id').messages
  const request = toChatRequest(body, before)
  const states = toResponse(complete(request, await call.reply(request)), body)
  const { done } = states
  if (store !== false) {
    const messages = [...before, ...toMessages(input), ...toMessages(done.output)]
    call.stored.set(PREFIX + done.id, {
      ...states,
      messages,
      input,
      polls: 0,
      cancelled: false,
    } satisfies Stored)
  }
  if (stream === true) return eventsAnswer(toResponseEvents(states))
  return jsonAnswer(200, background ? states.queued : done)
}

function find({ stored }: Call, id: string, param: string): Stored {
  const response = stored.get(PREFIX + id) as Stored | undefined
  if (response) return response
  throw new ServiceError(404, `Response with id '${id}' not found.`, { param, code: null })
}

function findAsked(call: Call): Stored {
  return find(call, decodeSegment(call.params[0] ?? ''), 'response_id')
}

/** The state of a response now: one in the background is asked for twice before it is done. */
function stateOf({ queued, running, done, polls, cancelled }: Stored): JsonObject {
  if (cancelled) return { ...queued, status: 'cancelled' }
  if (!done.background || polls > 1) return done
  return polls === 1 ? running : queued
}

/** Answers with a response that is kept, or with a stream of its events. */
export function answerStoredResponse(call: Call): Answer {
  const stored = findAsked(call)
  const query = new URL(call.request.url).searchParams
  if (query.get('stream') !== 'true') {
    stored.polls++
    return jsonAnswer(200, stateOf(stored))
  }
  if (!stored.done.background) refuse('Only a response in the background can be streamed again.', 'stream')
  const after = query.get('starting_after')
  if (after !== null && !/^\d+$/.test(after))
    refuse("Invalid 'starting_after': expected an integer.", 'starting_after')
  return eventsAnswer(toResponseEvents(stored, after === null ? -1 : Number(after)))
}

/** Ends a response in the background. */
export function answerCancellation(call: Call): Answer {
  const stored = findAsked(call)
  if (!stored.done.background) refuse('Cannot cancel a synchronous response.', 'response_id')
  stored.cancelled ||= stored.polls < 2
  return jsonAnswer(200, stateOf(stored))
}

/** Forgets a response. */
export function answerResponseDeletion(call: Call): Answer {
  const { id } = findAsked(call).done
  call.stored.delete(PREFIX + id)
  return jsonAnswer(200, { id, object: 'response', deleted: true })
}

/** Answers with what a response was asked. */
export function answerInputItems(call: Call): Answer {
  const { input, done } = findAsked(call)
  const items =
    typeof input === 'string' ? [{ role: 'user', content: [{ type: 'input_text', text: input }] }] : input
  const data = (items as JsonObject[]).map((item, index) => ({
    type: 'message',
    id: `msg_${done.id}_${index}`,
    ...item,
  }))
  data.reverse()
  return jsonAnswer(200, {
    object: 'list',
    data,
    first_id: data[0]?.id,
    last_id: data.at(-1)?.id,
    has_more: false,
  })
}
