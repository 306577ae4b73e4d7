/** Waits until what stands in `waiting` is called, the signal aborts, or `ms` have passed. */
export function waitFor(waiting: Set<() => void>, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const settle = () => {
      clearTimeout(timer)
      waiting.delete(settle)
      signal?.removeEventListener('abort', settle)
      resolve()
    }
    const timer = setTimeout(settle, ms)
    waiting.add(settle)
    signal?.addEventListener('abort', settle)
  })
}
