import { abortWith, onAbort, reasonOf, untilAborted } from '../call/signals.ts'

/**
 * Does some work under the signal of `controller`, which aborts with `outer`, and when the work fails. Its promise settles
 * with the abort, whatever the work is waiting for then.
 */
export async function supervise<T>(
  controller: AbortController,
  outer: AbortSignal | null | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const { signal } = controller
  const stop = outer ? onAbort(outer, () => abortWith(controller, reasonOf(outer))) : undefined
  try {
    if (signal.aborted) throw reasonOf(signal)
    return await untilAborted(signal, work())
  } catch (error) {
    abortWith(controller, error)
    throw error
  } finally {
    stop?.()
  }
}
