/** Counts of tokens, wherever a service put them, names in camelCase. */
export interface Counts {
  readonly [name: string]: unknown
}

/** Finds the counts of an answer or of an event: at the top, in a choice, or where Groq hides them. */
export function usageOf(value: unknown): Counts | undefined {
  const { usage, xGroq, choices, response } = Object(value)
  return usage ?? xGroq?.usage ?? choices?.[0]?.usage ?? response?.usage ?? undefined
}
