/** Timers of most runtimes fire at once beyond 32 bits. */
export const MAX_TIMEOUT: number = 2 ** 31 - 1

/** A timer that does not keep a process alive. */
export function startTimer(callback: () => void, ms: number): ReturnType<typeof setTimeout> {
  const timer = setTimeout(callback, ms)
  ;(timer as { unref?: () => void }).unref?.()
  return timer
}
