/** Counts of tokens, wherever a service put them, names in camelCase. */
export interface Counts {
  readonly [name: string]: unknown
}

/** Finds the counts of an answer or of an event: at the top, in a choice, or where Groq hides them. */
export function usageOf(value: unknown): Counts | undefined {
  const { usage, xGroq, choices, response } = Object(value)
  return usage ?? xGroq?.usage ?? choices?.[0]?.usage ?? response?.usage ?? undefined
}

/** A count or a price as a service tells it; undefined for what is none. */
export function toCount(value: unknown): number | undefined {
  return Number.isFinite(value) && (value as number) >= 0 ? (value as number) : undefined
}

/** What a service counted, under one name each, whichever API it was. A count that it does not tell is undefined. */
export interface TokenCounts {
  /** All tokens of the prompt, those from a cache too. */
  readonly input: number | undefined
  /** All tokens of the answer, those of the thinking too. */
  readonly output: number | undefined
  /** The part of `input` that a cache held. */
  readonly cached: number | undefined
  /** The part of `input` that was written into a cache. */
  readonly cacheWrite: number | undefined
  /** The part of `output` that was thought. */
  readonly reasoning: number | undefined
}

/**
 * Reads the counts of a usage: those of chat and embeddings (`promptTokens`), and of the Responses API (`inputTokens`). xAI and
 * Gemini leave the thinking out of the answer's tokens, which their total shows.
 */
export function readCounts(usage: unknown): TokenCounts {
  const given = Object(usage)
  const inputs = Object(given.promptTokensDetails ?? given.inputTokensDetails)
  const outputs = Object(given.completionTokensDetails ?? given.outputTokensDetails)
  const input = toCount(given.promptTokens ?? given.inputTokens)
  const reasoning = toCount(outputs.reasoningTokens)
  const told = toCount(given.completionTokens ?? given.outputTokens)
  const all = told! + reasoning!
  return {
    input,
    output: input! + all === given.totalTokens ? all : told,
    cached: toCount(inputs.cachedTokens ?? given.promptCacheHitTokens ?? given.cacheReadInputTokens),
    cacheWrite: toCount(inputs.cacheWriteTokens ?? given.cacheCreationInputTokens),
    reasoning,
  }
}
