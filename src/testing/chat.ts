import { hashId } from './hash.ts'
import { hintsOf } from './hints.ts'
import { isObject } from './json.ts'
import { openToolResults, promptOf, textOf } from './prompt.ts'
import { schemaValue } from './schema-value.ts'
import { tokenize, writeText } from './text.ts'
import { callTools, type ToolCall } from './tools.ts'
import type { FakeChatRequest } from './types.ts'

/** A whole answer, from which both the JSON and the stream are written. */
export interface Completion {
  id: string
  model: string
  choices: Choice[]
  usage: Usage
}

export interface Choice {
  /** The message's content: `null` beside tool calls. */
  text: string | null
  calls: ToolCall[]
  finish: 'stop' | 'length' | 'tool_calls'
  tokens: number
}

interface Usage {
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
  prompt_tokens_details: { cached_tokens: number }
  completion_tokens_details: { reasoning_tokens: number }
}

/** Answers a request that has been checked. Streamed or not, the same request gets the same answer. */
export function complete(request: FakeChatRequest, reply?: (request: FakeChatRequest) => string): Completion {
  const { stream: _, stream_options: __, ...asked } = request
  const id = hashId(JSON.stringify(asked), 24)
  const custom = reply?.(request)
  const choices = Array.from({ length: Number(request.n ?? 1) }, (_, index) =>
    choose(request, index, id, custom),
  )
  const prompt_tokens = countPrompt(request)
  const completion_tokens = choices.reduce((sum, choice) => sum + choice.tokens, 0)
  return {
    id: `chatcmpl-${id}`,
    model: request.model,
    choices,
    usage: {
      prompt_tokens,
      completion_tokens,
      total_tokens: prompt_tokens + completion_tokens,
      prompt_tokens_details: { cached_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0 },
    },
  }
}

function choose(request: FakeChatRequest, index: number, id: string, custom: string | undefined): Choice {
  const limit = Math.min(
    Number(request.max_tokens ?? Infinity),
    Number(request.max_completion_tokens ?? Infinity),
  )
  const calls = callTools(request, `${id} ${index}`)
  if (calls.length > 0) return limitCalls(calls, limit)
  const tokens = tokenize(cutAtStop(custom ?? write(request, index), request.stop))
  const kept = tokens.slice(0, limit)
  const finish = tokens.length > limit ? 'length' : 'stop'
  return { text: kept.join(''), calls: [], finish, tokens: kept.length }
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
    left -= tokenize(call.function.name).length
    if (left < 0 && kept.length > 0) break
    const taken = pieces.slice(0, Math.max(0, left))
    left -= pieces.length
    kept.push({ ...call, function: { ...call.function, arguments: taken.join('') } })
  }
  const tokens = kept.reduce(
    (sum, { function: { name, arguments: text } }) => sum + tokenize(name).length + tokenize(text).length,
    0,
  )
  return {
    text: null,
    calls: kept,
    finish: left < 0 ? 'length' : 'tool_calls',
    tokens: Math.min(tokens, limit),
  }
}

const TOKENS_PER_MESSAGE = 4
const TOKENS_PER_PART = 85

function countPrompt({ messages, tools }: FakeChatRequest): number {
  let count = Array.isArray(tools) ? tokenize(JSON.stringify(tools)).length : 0
  for (const message of messages) {
    const calls = message.tool_calls ? tokenize(JSON.stringify(message.tool_calls)).length : 0
    const parts = Array.isArray(message.content)
      ? message.content.filter(part => part.type !== 'text').length
      : 0
    count += TOKENS_PER_MESSAGE + tokenize(textOf(message)).length + calls + parts * TOKENS_PER_PART
  }
  return count
}
