import { describe, expect, it } from 'vitest'
import { cost } from '../../src/index.ts'

const price = { input: 2, output: 8, cached: 0.5, reasoning: 10 }
const million = 1_000_000

describe('cost', () => {
  it('takes each token by its price', () => {
    expect(cost({ promptTokens: million, completionTokens: million, totalTokens: 2 * million }, price)).toBe(
      10,
    )
    const usage = {
      promptTokens: million,
      completionTokens: million,
      totalTokens: 2 * million,
      promptTokensDetails: { cachedTokens: million / 2 },
      completionTokensDetails: { reasoningTokens: million / 4 },
    }
    expect(cost(usage, price)).toBe(1 + 0.25 + 6 + 2.5)
    expect(cost(usage, { input: 2, output: 8 })).toBe(10)
  })

  it.each([
    [
      'the Responses API',
      {
        inputTokens: million,
        outputTokens: million,
        inputTokensDetails: { cachedTokens: million },
        totalTokens: 2 * million,
      },
      0.5 + 8,
    ],
    [
      'DeepSeek',
      { promptTokens: million, promptCacheHitTokens: million, completionTokens: 0, totalTokens: million },
      0.5,
    ],
    ['an embedding', { promptTokens: million, totalTokens: million }, 2],
    [
      'xAI and Gemini, whose answers do not hold the thinking',
      {
        promptTokens: million,
        completionTokens: million,
        totalTokens: 3 * million,
        completionTokensDetails: { reasoningTokens: million },
      },
      2 + 8 + 10,
    ],
  ])('reads the counts of %s', (_, usage, expected) => {
    expect(cost(usage, price)).toBe(expected)
  })

  it('believes the service before the price', () => {
    const usage = { promptTokens: million, completionTokens: million, totalTokens: 2 * million }
    expect(cost({ ...usage, cost: 0.25 }, price)).toBe(0.25)
    expect(cost({ ...usage, cost: 0 }, price)).toBe(0)
    expect(cost({ ...usage, cost: 0.25 })).toBe(0.25)
    expect(cost({ ...usage, cost: { inputTokensCost: 0.1, totalCost: 0.3 } })).toBe(0.3)
  })

  it.each([
    undefined,
    null,
    {},
    { promptTokens: 5 },
    { completionTokens: 5 },
    { promptTokens: -1, completionTokens: 5 },
    { promptTokens: Number.NaN, completionTokens: 5 },
    { cost: '1' },
    { cost: Number.NaN },
    { cost: -1 },
  ])('is undefined where it is not known, never 0: %j', usage => {
    expect(cost(usage, price)).toBeUndefined()
  })

  it('is undefined without a price', () => {
    expect(cost({ promptTokens: 5, completionTokens: 5, totalTokens: 10 })).toBeUndefined()
  })
})
