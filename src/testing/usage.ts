import type { Choice } from './choice.ts'
import { isObject, type JsonObject } from './json.ts'
import { textOf } from './prompt.ts'
import { countTokens } from './text.ts'
import type { FakeChatRequest, FakeUsage } from './types.ts'

/** The token counts of an answer, in wire names: the user's own where there are any, else what is counted. */
export function usageOf(
  request: FakeChatRequest,
  choices: readonly Choice[],
  given: FakeUsage = {},
): JsonObject {
  const known = toWire(given)
  const sum = (read: (choice: Choice) => number): number =>
    choices.reduce((total, choice) => total + read(choice), 0)
  const prompt_tokens = Number(known.prompt_tokens ?? countPrompt(request))
  const completion_tokens = Number(known.completion_tokens ?? sum(choice => choice.tokens))
  const reasoning_tokens = sum(choice => countTokens(choice.reasoning?.text ?? ''))
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    ...known,
    prompt_tokens_details: { cached_tokens: 0, ...(known.prompt_tokens_details as object | undefined) },
    completion_tokens_details: {
      reasoning_tokens,
      ...(known.completion_tokens_details as object | undefined),
    },
  }
}

function toWire(counts: object): JsonObject {
  const entries = Object.entries(counts).filter(([, value]) => value !== undefined)
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`),
      isObject(value) ? toWire(value) : value,
    ]),
  )
}

const TOKENS_PER_MESSAGE = 4
const TOKENS_PER_PART = 85

function countPrompt({ messages, tools }: FakeChatRequest): number {
  let count = Array.isArray(tools) ? countTokens(JSON.stringify(tools)) : 0
  for (const message of messages) {
    const calls = message.tool_calls ? countTokens(JSON.stringify(message.tool_calls)) : 0
    const parts = Array.isArray(message.content)
      ? message.content.filter(part => part.type !== 'text').length
      : 0
    count += TOKENS_PER_MESSAGE + countTokens(textOf(message)) + calls + parts * TOKENS_PER_PART
  }
  return count
}
