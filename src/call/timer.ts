/** Timers of most runtimes fire at once beyond 32 bits. */
export const MAX_TIMEOUT = 2_147_483_647

/** A timer that can let a process end while it runs, where the runtime has such a thing. */
export interface Timer {
  /** Says whether somebody waits for it: only then it keeps the process alive. */
  hold(isAwaited: boolean): void
  stop(): void
}

/** Starts a timer of `ms` milliseconds, which keeps the process alive until told otherwise. */
export function startTimer(callback: () => void, ms: number): Timer {
  const timer = setTimeout(callback, Math.min(ms, MAX_TIMEOUT)) as ReturnType<typeof setTimeout> & {
    ref?: () => void
    unref?: () => void
  }
  return {
    hold(isAwaited) {
      if (isAwaited) timer.ref?.()
      else timer.unref?.()
    },
    stop: () => clearTimeout(timer),
  }
}
