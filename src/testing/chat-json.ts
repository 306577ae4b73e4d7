import type { Choice, Completion } from './chat.ts'
import type { JsonObject } from './json.ts'
import type { Part } from './parts.ts'
import { tokenize } from './text.ts'

const COMMON = { created: 1_700_000_000, service_tier: 'default', system_fingerprint: 'fp_fake' }

/** The completion as one JSON object. */
export function toJson({ id, model, choices, usage }: Completion): JsonObject {
  return {
    id,
    object: 'chat.completion',
    created: COMMON.created,
    model,
    choices: choices.map(({ text, calls, finish }, index) => {
      const message = { role: 'assistant', content: text, refusal: null, annotations: [] }
      return {
        index,
        message: calls.length > 0 ? { ...message, tool_calls: calls } : message,
        logprobs: null,
        finish_reason: finish,
      }
    }),
    usage,
    service_tier: COMMON.service_tier,
    system_fingerprint: COMMON.system_fingerprint,
  }
}

/** What ends a stream of events. */
export const DONE = 'data: [DONE]\n\n'

/** The completion as server-sent events, made one at a time, the choices taking turns. */
export function* toEvents({ id, model, choices, usage }: Completion, withUsage: boolean): Generator<Part> {
  const event = (list: unknown[], last: unknown = null): string => {
    const chunk = { id, object: 'chat.completion.chunk', ...COMMON, model, choices: list }
    return `data: ${JSON.stringify(withUsage ? { ...chunk, usage: last } : chunk)}\n\n`
  }
  const turns = choices.map((choice, index) => ({ index, finish: choice.finish, deltas: deltasOf(choice) }))
  while (turns.length > 0) {
    for (const turn of [...turns]) {
      const { value: delta, done } = turn.deltas.next()
      const finish_reason = done ? turn.finish : null
      if (done) turns.splice(turns.indexOf(turn), 1)
      const text = event([{ index: turn.index, delta: delta ?? {}, logprobs: null, finish_reason }])
      yield { text, closing: finish_reason !== null }
    }
  }
  if (withUsage) yield { text: event([], usage), closing: true }
  yield { text: DONE, closing: true }
}

function* deltasOf({ text, calls }: Choice): Generator<JsonObject, undefined> {
  yield { role: 'assistant', content: text === null ? null : '', refusal: null }
  for (const content of tokenize(text ?? '')) yield { content }
  for (const [index, call] of calls.entries()) {
    const head = { ...call, function: { name: call.function.name, arguments: '' } }
    yield { tool_calls: [{ index, ...head }] }
    for (const piece of tokenize(call.function.arguments)) {
      yield { tool_calls: [{ index, function: { arguments: piece } }] }
    }
  }
}
