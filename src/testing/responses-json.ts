import type { Completion } from './chat.ts'
import { hashId } from './hash.ts'
import type { JsonObject } from './json.ts'

const CREATED = 1_700_000_000

/** The items of an answer: its thoughts, its message, its calls. */
function itemsOf({ id, choices: [choice] }: Completion): JsonObject[] {
  const { text, refusal, reasoning, calls } = choice!
  const own = (name: string) => `${name}_${hashId(`${id} ${name}`, 24)}`
  const content = [
    ...(text === null ? [] : [{ type: 'output_text', text, annotations: [], logprobs: [] }]),
    ...(refusal === null ? [] : [{ type: 'refusal', refusal }]),
  ]
  return [
    ...(reasoning
      ? [{ id: own('rs'), type: 'reasoning', summary: [{ type: 'summary_text', text: reasoning.text }] }]
      : []),
    ...(content.length
      ? [{ id: own('msg'), type: 'message', status: 'completed', role: 'assistant', content }]
      : []),
    ...calls.map(({ id: call_id, function: { name, arguments: given } }, index) => {
      return {
        id: own(`fc${index}`),
        type: 'function_call',
        status: 'completed',
        call_id,
        name,
        arguments: given,
      }
    }),
  ]
}

function usageOf({ usage }: Completion): JsonObject {
  const { prompt_tokens, completion_tokens, total_tokens, prompt_tokens_details, completion_tokens_details } =
    usage
  return {
    input_tokens: prompt_tokens,
    input_tokens_details: prompt_tokens_details,
    output_tokens: completion_tokens,
    output_tokens_details: completion_tokens_details,
    total_tokens,
  }
}

/** Why a response is not complete, in its own words. */
const REASONS: { readonly [finish: string]: string } = {
  length: 'max_output_tokens',
  content_filter: 'content_filter',
}

/** A response as it is before it has begun. */
function begin({ id, model }: Completion, body: JsonObject, status: string): JsonObject {
  return {
    id: id.replace(/^chatcmpl-/, 'resp_'),
    object: 'response',
    created_at: CREATED,
    status,
    background: body.background ?? false,
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    model,
    output: [],
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: body.previous_response_id ?? null,
    store: body.store ?? true,
    temperature: body.temperature ?? 1,
    text: body.text ?? { format: { type: 'text' } },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_p: body.top_p ?? 1,
    truncation: body.truncation ?? 'disabled',
    usage: null,
    metadata: body.metadata ?? {},
  }
}

/** A response in each of the states that it goes through. */
export interface States {
  queued: JsonObject
  running: JsonObject
  done: JsonObject
}

/** Makes a response of a chat's completion. */
export function toResponse(completion: Completion, body: JsonObject): States {
  const reason = REASONS[`${completion.choices[0]!.finish}`]
  const done = {
    ...begin(completion, body, reason ? 'incomplete' : 'completed'),
    incomplete_details: reason ? { reason } : null,
    output: itemsOf(completion),
    usage: usageOf(completion),
  }
  return { queued: begin(completion, body, 'queued'), running: begin(completion, body, 'in_progress'), done }
}
