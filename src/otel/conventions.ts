import type { TokenCounts } from '../wire/usage.ts'
import type { Attributes } from './types.ts'

/*
 * OpenTelemetry's conventions for generative AI, release 0.1.0: every name that this folder gives to a span, an attribute or a
 * measure stands in this file. All of them are still in development, and a test holds them against the conventions' own list.
 *
 * https://github.com/open-telemetry/semantic-conventions-genai
 */

/** How the conventions call what a path ends with. */
const OPERATIONS: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ['chat/completions', 'chat'],
  ['responses', 'chat'],
  ['completions', 'text_completion'],
  ['embeddings', 'embeddings'],
  ['search', 'retrieval'],
])

/** Names the operation behind a path: `chat`; by its own name where the conventions have none for it. */
export function operationOf(method: string, path: string, own: string): string {
  if (method !== 'POST') return /\/responses\/[^/]+$/.test(path) ? 'fetch_response' : own
  // Not by an expression that ends at the path's end: it would be tried at each character of a long id.
  const [last, before] = path.split('/').reverse()
  return OPERATIONS.get(before === 'chat' ? `chat/${last}` : last!) ?? own
}

/** What every span and measure of a call has. */
export function baseAttributes(
  operation: string,
  provider: string,
  model: string | undefined,
  url: URL | undefined,
): Attributes {
  return {
    'gen_ai.operation.name': operation,
    'gen_ai.provider.name': provider,
    'gen_ai.request.model': model,
    'server.address': url?.hostname,
    'server.port': url && (+url.port || (url.protocol === 'http:' ? 80 : 443)),
  }
}

/** Members of a request that the conventions name as the wire does, behind `gen_ai.request.`. */
const SAME_NAME = /^(stream|max_tokens|temperature|top_[pk]|(frequency|presence)_penalty|seed)$/

/** What a request asks for, by the members of its body: no prompt, no tool, no stop sequence. */
// biome-ignore lint/suspicious/noExplicitAny: the body of any endpoint
export function requestAttributes(body: any): Attributes {
  const { n, conversation, reasoning, response_format, text } = body
  const output = (response_format ?? text?.format)?.type
  const attributes: Attributes = {
    'gen_ai.request.max_tokens': body.max_completion_tokens ?? body.max_output_tokens,
    'gen_ai.request.choice.count': n > 1 ? n : undefined,
    'gen_ai.request.reasoning.level': body.reasoning_effort ?? reasoning?.effort,
    'gen_ai.request.previous_response.id': body.previous_response_id,
    'gen_ai.embeddings.dimension.count': body.dimensions,
    'gen_ai.conversation.id': conversation?.id ?? conversation,
    'gen_ai.output.type': output?.replace(/^json.*/, 'json'),
  }
  for (const name in body) {
    const value = body[name]
    // `stream: false` is the same as none.
    if (SAME_NAME.test(name) && (value || value === 0)) attributes[`gen_ai.request.${name}`] = value
  }
  return attributes
}

/** What came of a call. */
export interface Outcome {
  readonly id: string | undefined
  readonly model: string | undefined
  readonly reasons: string[]
  readonly error: string | undefined
  /** How often the request was sent again. */
  readonly resends: number
  readonly counts: Partial<TokenCounts>
  /** In milliseconds. */
  readonly firstEventMs: number | undefined
  readonly ms: number
}

/** How the conventions call each count. */
const COUNTS: readonly (readonly [keyof TokenCounts, string])[] = [
  ['input', 'input_tokens'],
  ['output', 'output_tokens'],
  ['cached', 'cache_read.input_tokens'],
  ['cacheWrite', 'cache_write.input_tokens'],
  ['reasoning', 'reasoning.output_tokens'],
]

/** Records one measure by its name. One that is undefined is left out. */
export type Recorder = (name: string, value: number | undefined, attributes: Attributes) => void

/**
 * Gives what a span says of its end, and records the measures of the call. A count that nobody told is not recorded, although the
 * conventions would have a zero: it would pull every percentile down.
 */
export function tellOutcome(
  operation: string,
  base: Attributes,
  { id, model, reasons, error, resends, counts, firstEventMs, ms }: Outcome,
  record: Recorder,
): Attributes {
  const isInference = /^(chat|text_completion)$/.test(operation)
  const isEmbeddings = operation === 'embeddings'
  const family = `gen_ai.client.${isInference ? 'inference' : isEmbeddings ? operation : 'operation'}`
  const firstChunk = firstEventMs && firstEventMs / 1000
  const about = { ...base, 'gen_ai.response.model': model }
  const ended = { ...about, 'error.type': error }
  const attributes: Attributes = {
    'gen_ai.response.id': id,
    'gen_ai.response.model': model,
    'gen_ai.response.finish_reasons': reasons.length ? reasons : undefined,
    'gen_ai.response.time_to_first_chunk': firstChunk,
    'http.request.resend_count': resends || undefined,
    'error.type': error,
  }
  record(`${family}.duration`, ms / 1000, ended)
  if (isInference) {
    record(`${family}.time_to_first_chunk`, firstChunk, about)
    record(`${family}.operation.output_tokens`, counts.output, ended)
  }
  if (isInference || isEmbeddings)
    record(`${family}.operation.input_tokens`, counts.input, isEmbeddings ? about : ended)
  for (const [part, name] of COUNTS) {
    attributes[`gen_ai.usage.${name}`] = counts[part]
    if (isInference)
      record(`${family}.usage.${name}`, counts[part], { ...about, 'gen_ai.token.modality': 'unknown' })
  }
  return attributes
}

/** The name of the measure of a tool's execution. */
export const TOOL_DURATION = 'gen_ai.execute_tool.duration'

/** What the span of a tool's execution has. */
export function toolAttributes(name: string, id: string | undefined): Attributes {
  return {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': name,
    'gen_ai.tool.type': 'function',
    'gen_ai.tool.call.id': id,
  }
}

/** What a tool was given and gave, as JSON; recorded only where content is. */
export function toolContentAttributes(input: string | undefined, output: string | undefined): Attributes {
  return { 'gen_ai.tool.call.arguments': input, 'gen_ai.tool.call.result': output }
}

/** What was asked and answered, each as JSON in the conventions' own shape; recorded only where content is. */
export function contentAttributes(content: {
  readonly system?: string | undefined
  readonly input?: string | undefined
  readonly output?: string | undefined
  readonly tools?: string | undefined
}): Attributes {
  return {
    'gen_ai.system_instructions': content.system,
    'gen_ai.input.messages': content.input,
    'gen_ai.output.messages': content.output,
    'gen_ai.tool.definitions': content.tools,
  }
}
