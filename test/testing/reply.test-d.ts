import type { FakeModelOptions, FakeReply, FakeUsage } from '../../src/testing/index.ts'

// What can be played.
export const replies: FakeModelOptions['reply'][] = [
  undefined,
  'text',
  {},
  ['text', { content: null, refusal: 'no', finishReason: null }, undefined],
  { toolCalls: [{ name: 'f', arguments: { a: 1 } }] },
  () => 'text',
  async ({ model }, index) => (index > 0 ? { content: model } : undefined),
]

// Counts of a vendor's own go out under the wire's name.
export const usage: FakeUsage = {
  promptTokens: 1,
  prompt_cache_hit_tokens: 2,
  completionTokensDetails: { accepted_prediction_tokens: 3 },
}

// A name that nobody knows is refused.
export const misspelt: FakeReply[] = [
  // @ts-expect-error: the wire's name
  { tool_calls: [] },
  // @ts-expect-error: a letter is missing
  { usage: { promptToken: 1 } },
  // @ts-expect-error: a call has a name
  { toolCalls: [{ arguments: {} }] },
  // @ts-expect-error: the function's members stand in the call itself
  { toolCalls: [{ function: { name: 'f', arguments: '' } }] },
  // @ts-expect-error: neither of the two names
  { reasoning: 'hm', reasoningKey: 'thinking' },
]
