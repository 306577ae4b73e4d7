import type { Completion } from './chat.ts'
import type { Choice } from './choice.ts'
import type { JsonObject } from './json.ts'
import { logprobsOf } from './logprobs.ts'
import type { Part } from './parts.ts'
import { tokenize } from './text.ts'

const COMMON = { created: 1_700_000_000, service_tier: 'default', system_fingerprint: 'fp_fake' }

/** The completion as one JSON object. */
export function toJson({ id, model, choices, usage, topLogprobs }: Completion): JsonObject {
  return {
    id,
    object: 'chat.completion',
    created: COMMON.created,
    model,
    choices: choices.map((choice, index) => {
      const { text, refusal, reasoning, calls, finish } = choice
      const message = {
        role: 'assistant',
        content: text,
        refusal,
        ...(reasoning && { [reasoning.key]: reasoning.text }),
        annotations: [],
        ...(calls.length > 0 && { tool_calls: calls }),
      }
      return { index, message, logprobs: wholeLogprobs(choice, topLogprobs), finish_reason: finish }
    }),
    usage,
    service_tier: COMMON.service_tier,
    system_fingerprint: COMMON.system_fingerprint,
  }
}

function wholeLogprobs({ text, refusal }: Choice, top: number | undefined): JsonObject | null {
  if (top === undefined || (!text && !refusal)) return null
  return { content: text ? logprobsOf(text, top) : null, refusal: refusal ? logprobsOf(refusal, top) : null }
}

/** What ends a stream of events. */
export const DONE = 'data: [DONE]\n\n'

/** The completion as server-sent events, made one at a time, the choices taking turns. */
export function* toEvents(completion: Completion, withUsage: boolean): Generator<Part> {
  const { id, model, choices, usage, topLogprobs } = completion
  const event = (list: unknown[], last: unknown = null): string => {
    const chunk = { id, object: 'chat.completion.chunk', ...COMMON, model, choices: list }
    return `data: ${JSON.stringify(withUsage ? { ...chunk, usage: last } : chunk)}\n\n`
  }
  const turns = choices.map((choice, index) => {
    return { index, finish: choice.finish, deltas: deltasOf(choice, topLogprobs) }
  })
  while (turns.length > 0) {
    for (const turn of [...turns]) {
      const { value = { delta: {}, logprobs: null }, done } = turn.deltas.next()
      if (done) turns.splice(turns.indexOf(turn), 1)
      const finish_reason = done ? turn.finish : null
      yield { text: event([{ index: turn.index, ...value, finish_reason }]), closing: done === true }
    }
  }
  if (withUsage) yield { text: event([], usage), closing: true }
  yield { text: DONE, closing: true }
}

interface Step {
  delta: JsonObject
  logprobs: JsonObject | null
}

function* deltasOf(choice: Choice, top: number | undefined): Generator<Step, undefined> {
  const { text, refusal, reasoning, calls } = choice
  const step = (delta: JsonObject): Step => ({ delta, logprobs: null })
  const said = (kind: 'content' | 'refusal', token: string): Step => {
    const own =
      top === undefined ? undefined : { content: null, refusal: null, [kind]: logprobsOf(token, top) }
    return { delta: { [kind]: token }, logprobs: own ?? null }
  }
  yield step({ role: 'assistant', content: text === null ? null : '', refusal: null })
  if (reasoning) for (const piece of tokenize(reasoning.text)) yield step({ [reasoning.key]: piece })
  for (const token of tokenize(text ?? '')) yield said('content', token)
  for (const token of tokenize(refusal ?? '')) yield said('refusal', token)
  for (const [index, call] of calls.entries()) {
    const head = { ...call, function: { name: call.function.name, arguments: '' } }
    yield step({ tool_calls: [{ index, ...head }] })
    for (const piece of tokenize(call.function.arguments)) {
      yield step({ tool_calls: [{ index, function: { arguments: piece } }] })
    }
  }
}
