import { refuse } from '../errors/validation-error.ts'

/** The callbacks of each signal, and the listener that calls them. */
const audiences: WeakMap<AbortSignal, readonly [callbacks: Set<() => void>, tellAll: () => void]> =
  /* @__PURE__ */ new WeakMap()

/** Aborts, with a reason that {@link reasonOf} finds on every platform: the signals of some have none. */
export function abortWith(controller: AbortController, reason?: unknown): void {
  const { signal } = controller
  if (!('reason' in signal)) Object.assign(signal, { reason })
  controller.abort(reason)
}

/**
 * Tells why a signal aborted. React Native's signals have no `reason`: for these it is an `AbortError`, as `fetch` has it.
 *
 * @see https://dom.spec.whatwg.org/#dom-abortsignal-reason
 */
export function reasonOf(signal: AbortSignal): unknown {
  const { reason } = signal
  return reason === undefined ? Object.assign(new Error('Aborted'), { name: 'AbortError' }) : reason
}

/**
 * Calls `callback` when `signal` aborts, at once if it has already, and returns what takes that back. However many calls
 * share a signal it carries one listener, and none when they are over: Node warns of a leak from the eleventh on.
 *
 * @throws {ValidationError} for what is no signal
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (!signal.addEventListener) refuse('signal', 'must be an AbortSignal')
  let audience = audiences.get(signal)
  if (!audience) {
    const callbacks = new Set<() => void>()
    // The event does not tell the signal: that of a polyfill has no `target`, and a proxy's has another one.
    const tellAll = () => {
      signal.removeEventListener('abort', tellAll)
      for (const tell of callbacks) tell()
    }
    audience = [callbacks, tellAll]
    audiences.set(signal, audience)
  }
  const [callbacks, tellAll] = audience
  if (signal.aborted) callback()
  else {
    callbacks.add(callback)
    // The same function is only ever added once.
    signal.addEventListener('abort', tellAll)
  }
  return () => {
    callbacks.delete(callback)
    if (!callbacks.size) signal.removeEventListener('abort', tellAll)
  }
}

/** Settles as `work` does, or rejects with the signal's reason as soon as it aborts, whatever `work` makes of that. */
export function untilAborted<T>(signal: AbortSignal | null | undefined, work: T | Promise<T>): Promise<T> {
  const promise = Promise.resolve(work)
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const stop = onAbort(signal, () => reject(reasonOf(signal)))
    promise.then(resolve, reject).then(stop)
  })
}

/** Waits, in milliseconds. Rejects with the signal's reason as soon as it aborts. */
export function sleep(ms: number, signal?: AbortSignal | null): Promise<void> {
  let timer: ReturnType<typeof setTimeout>
  const waited = new Promise<void>(resolve => {
    timer = setTimeout(resolve, ms)
  })
  return untilAborted(signal, waited).finally(() => clearTimeout(timer))
}

/** A controller of one's own that also aborts when any of the given signals does, until it is unlinked. */
export interface Linked {
  readonly controller: AbortController
  /** Takes the listeners back: a signal may outlive many calls. */
  readonly unlink: () => void
}

/** Makes a controller that follows `signals`. `AbortSignal.any` would do, but some supported engines leak or lack it. */
export function linked(...signals: readonly (AbortSignal | null | undefined)[]): Linked {
  const controller = new AbortController()
  const ends = signals.map(signal => signal && onAbort(signal, () => abortWith(controller, reasonOf(signal))))
  return {
    controller,
    unlink() {
      for (const end of ends) end?.()
    },
  }
}
