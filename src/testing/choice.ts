import { hashId } from './hash.ts'
import { hintsOf } from './hints.ts'
import { isObject } from './json.ts'
import { openToolResults, promptOf } from './prompt.ts'
import { schemaValue } from './schema-value.ts'
import { countTokens, tokenize, writeText } from './text.ts'
import { callTools, type ToolCall } from './tools.ts'
import type { FakeChatRequest, FakeReply, Reply } from './types.ts'

/** One choice of an answer. */
export interface Choice {
  /** The message's content. */
  text: string | null
  refusal: string | null
  /** What the model thought, and the wire's name for it. */
  reasoning?: { key: string; text: string }
  calls: ToolCall[]
  finish: string | null
  tokens: number
}

/** The choice of this number in the answer to a request. `id` makes the ids of its calls. */
export function choose(
  request: FakeChatRequest,
  index: number,
  id: string,
  reply: Reply | undefined,
): Choice {
  if (typeof reply === 'object') return play(reply, id)
  const limit = Math.min(
    Number(request.max_tokens ?? Infinity),
    Number(request.max_completion_tokens ?? Infinity),
  )
  const calls = reply === undefined ? callTools(request, id) : []
  if (calls.length > 0) return limitCalls(calls, limit)
  const tokens = tokenize(cutAtStop(reply ?? write(request, index), request.stop))
  const kept = tokens.slice(0, limit)
  const finish = tokens.length > limit ? 'length' : 'stop'
  return { text: kept.join(''), refusal: null, calls: [], finish, tokens: kept.length }
}

/** The user's own answer, to the letter. */
function play(reply: FakeReply, id: string): Choice {
  const { content, refusal = null, reasoning = '', reasoningKey = 'reasoning_content' } = reply
  const calls = (reply.toolCalls ?? []).map(({ id: own, name, arguments: given }, i): ToolCall => {
    const text = typeof given === 'string' ? given : JSON.stringify(given)
    return {
      id: own ?? `call_${hashId(`${id} ${i}`, 24)}`,
      type: 'function',
      function: { name, arguments: text },
    }
  })
  const text = content === undefined ? (calls.length > 0 || refusal !== null ? null : '') : content
  const written = [text ?? '', refusal ?? '', reasoning]
  return {
    text,
    refusal,
    ...(reasoning !== '' && { reasoning: { key: reasoningKey, text: reasoning } }),
    calls,
    finish:
      reply.finishReason === undefined ? (calls.length > 0 ? 'tool_calls' : 'stop') : reply.finishReason,
    tokens: written.reduce((sum, part) => sum + countTokens(part), countCalls(calls)),
  }
}

function write(request: FakeChatRequest, index: number): string {
  const { messages, response_format: format } = request
  const prompt = promptOf(messages)
  // Odd factors, so that no two choices, and no two near seeds, come to the same text.
  const text = writeText(
    prompt,
    JSON.stringify(messages),
    (index * 1237 + Number(request.seed ?? 0) * 2741) % 2 ** 32,
  )
  if (isObject(format) && isObject(format.json_schema)) {
    return JSON.stringify(schemaValue(format.json_schema.schema, hintsOf(prompt)))
  }
  const results = openToolResults(messages)
  const answer = results.length > 0 ? `The answer is: ${results.join(' And: ')} ${text}` : text
  return isObject(format) && format.type === 'json_object' ? JSON.stringify({ answer }) : answer
}

function cutAtStop(text: string, stop: unknown): string {
  const stops = [stop].flat().filter(sequence => typeof sequence === 'string' && sequence !== '')
  const ends = stops.map(sequence => text.indexOf(String(sequence))).filter(at => at >= 0)
  return text.slice(0, Math.min(text.length, ...ends))
}

/** A token limit cuts arguments wherever it falls, as it does with the real service. */
function limitCalls(calls: ToolCall[], limit: number): Choice {
  let left = limit
  const kept: ToolCall[] = []
  for (const call of calls) {
    const pieces = tokenize(call.function.arguments)
    left -= countTokens(call.function.name)
    if (left < 0 && kept.length > 0) break
    const taken = pieces.slice(0, Math.max(0, left))
    left -= pieces.length
    kept.push({ ...call, function: { ...call.function, arguments: taken.join('') } })
  }
  const finish = left < 0 ? 'length' : 'tool_calls'
  return { text: null, refusal: null, calls: kept, finish, tokens: Math.min(countCalls(kept), limit) }
}

function countCalls(calls: readonly ToolCall[]): number {
  return calls.reduce(
    (sum, call) => sum + countTokens(call.function.name) + countTokens(call.function.arguments),
    0,
  )
}
