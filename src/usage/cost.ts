import { readCounts, toCount } from '../wire/usage.ts'

/** What a model costs, for a million tokens each, in whichever currency. */
export interface Price {
  readonly input: number
  readonly output: number
  /** For the part of the input that a cache held. @default `input` */
  readonly cached?: number | undefined
  /** For the part of the output that was thought. @default `output` */
  readonly reasoning?: number | undefined
}

/**
 * Tells what a call cost. What the service itself says (`usage.cost` of OpenRouter and Perplexity) wins over the price. There
 * is no list of prices here: it would be wrong within weeks.
 * @param usage of an answer, or of a `CallReport`
 * @returns undefined where it cannot be known: nothing was counted, or there is no price. Never 0 for that.
 * @example
 * const report = { usage: { promptTokens: 1200, completionTokens: 300, totalTokens: 1500 } }
 * cost(report.usage, { input: 2, output: 8 }) // 0.0048
 */
export function cost(usage: object | null | undefined, price?: Price): number | undefined {
  const { cost: told, totalTokens } = Object(usage)
  const { input, output = totalTokens - input!, cached = 0, reasoning = 0 } = readCounts(usage)
  const billed =
    price &&
    (input! - cached) * price.input +
      cached * (price.cached ?? price.input) +
      (output - reasoning) * price.output +
      reasoning * (price.reasoning ?? price.output)
  return toCount(told?.totalCost ?? told) ?? toCount(billed! / 1e6)
}
