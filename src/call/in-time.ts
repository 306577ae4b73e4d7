import { LLMError } from '../errors/llm-error.ts'

/** Settles as `work` does, or rejects after the time that it may take, in milliseconds. The error says that `who` took longer. */
export async function inTime<T>(work: Promise<T>, ms: number, who: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LLMError(`${who} took over ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
