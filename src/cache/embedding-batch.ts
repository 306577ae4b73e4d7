import { LLMError } from '../errors/llm-error.ts'
import type { CacheRequest } from './cache-key.ts'

// biome-ignore lint/suspicious/noExplicitAny: JSON of the service
type Json = any

/** The requests that a batch of embeddings stands for, one for each input; any other request is one by itself. */
export function partsOf(request: CacheRequest): readonly CacheRequest[] {
  const input: Json = request.body?.input
  const isBatch = Array.isArray(input) && input.every(one => typeof one === 'string' || Array.isArray(one))
  return isBatch && input.length
    ? input.map(one => ({ ...request, body: { ...request.body, input: one } }))
    : [request]
}

/** An answer to a batch, as the answers to its parts. They cost nothing when they are given once more. */
function vectorsOf(answer: Json, count: number): readonly string[] | undefined {
  const vectors: Json[] = []
  for (const item of answer.data) {
    const index = item.index ?? vectors.length
    if (!item.embedding || vectors[index]) return undefined
    vectors[index] = item
  }
  const usage = answer.usage && { usage: { prompt_tokens: 0, total_tokens: 0 } }
  return vectors.length === count && answer.data.length === count
    ? vectors.map(item => JSON.stringify({ ...answer, data: [{ ...item, index: 0 }], ...usage }))
    : undefined
}

/** Whether a choice is one to give again: a message that the model brought to its end. Any other may be better next time. */
function isKept({ message, finish_reason: reason, error }: Json): boolean {
  const isEnd = /^(stop|tool_calls|function_call|length)$/.test(reason)
  const { content, tool_calls: calls, function_call: call, refusal } = Object(message)
  return isEnd && !error && !!(content || calls?.length || call || refusal)
}

/** The bodies to keep of an answer, one for each of the `count` parts that were asked for; undefined for one not to keep. */
export function splitAnswer(
  text: string,
  { body }: CacheRequest,
  count: number,
): readonly string[] | undefined {
  try {
    const answer: Json = JSON.parse(text)
    const { choices, data, error } = answer
    if (error) return undefined
    if (body?.messages) return choices.length && choices.every(isKept) ? [text] : undefined
    if (body) return vectorsOf(answer, count)
    // A list of models; what a GET gives else may change at any time.
    const areModels = data.every(({ id, object = 'model' }: Json) => id && object === 'model')
    return data.length && areModels ? [text] : undefined
  } catch {
    // Not of the form that it should have.
    return undefined
  }
}

/**
 * The answer to a request, of the answers to its parts. All around the vectors is of `asked`, the service's answer for those
 * that were missing, so that `usage` tells what was spent.
 *
 * @throws {LLMError} where they make none: two models' vectors cannot be compared
 */
export function joinAnswers(bodies: readonly string[], request: CacheRequest, asked?: string): string {
  const [first] = bodies
  if (bodies.length === 1 && splitAnswer(first!, request, 1)) return first!
  const parts: readonly Json[] = bodies.map(body => JSON.parse(body))
  const around: Json = asked ? JSON.parse(asked) : parts[0]
  const data = parts.map(({ data: [item] }, index) => ({ ...item, index }))
  if (bodies.length > 1 && parts.every(({ model }, index) => model === around.model && data[index].embedding))
    return JSON.stringify({ ...around, data })
  throw new LLMError('The cache store gave what is no answer')
}
