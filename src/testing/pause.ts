/** Waits; `Infinity` waits for the abort alone. Rejects with the signal's reason when it is aborted. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const waiting = new Promise<void>(resolve => {
    if (ms < Infinity) timer = setTimeout(resolve, ms)
  })
  return untilAborted(waiting, signal).finally(() => clearTimeout(timer))
}

/** Waits for the promise. Rejects with the signal's reason when that comes first. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const onAbort = (): void => end(() => reject(signal.reason))
    const end = (settle: () => void): void => {
      signal.removeEventListener('abort', onAbort)
      settle()
    }
    promise.then(
      value => end(() => resolve(value)),
      error => end(() => reject(error)),
    )
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
}
