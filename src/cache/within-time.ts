import { startTimer, type Timer } from '../call/timer.ts'
import { LLMError } from '../errors/llm-error.ts'

/** What a store, or a key, may take, in milliseconds. */
const PATIENCE = 2000

/** What all of `work` gives; nothing of it, once `report` knows why, where some of it fails or takes too long. */
export async function withinTime<T>(
  work: readonly Promise<T>[],
  report: (error: unknown) => void,
): Promise<readonly (T | undefined)[]> {
  let timer: Timer | undefined
  const late = new Promise<never>((_, reject) => {
    timer = startTimer(
      () => reject(new LLMError(`The cache waited over ${PATIENCE} ms for its store or key`)),
      PATIENCE,
    )
  })
  try {
    return await Promise.race([Promise.all(work), late])
  } catch (error) {
    report(error)
    return work.map(() => undefined)
  } finally {
    timer?.stop()
  }
}
