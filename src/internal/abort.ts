import { invalid } from '../errors/validation-error.ts'

interface Watch {
  readonly callbacks: Set<() => void>
  readonly tellAll: () => void
}

const watches: WeakMap<AbortSignal, Watch> = new WeakMap()

function watch(signal: AbortSignal): Watch {
  const callbacks = new Set<() => void>()
  const tellAll = () => {
    signal.removeEventListener('abort', tellAll)
    for (const tell of callbacks) tell()
  }
  watches.set(signal, { callbacks, tellAll })
  return { callbacks, tellAll }
}

/**
 * Calls `callback` when `signal` aborts, at once if it has already, and returns what takes that back. However many calls
 * share a signal it carries one listener, and none when they are over: Node warns of a leak from the eleventh on.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (typeof signal.addEventListener !== 'function')
    throw invalid([{ path: 'signal', message: 'is not an AbortSignal' }])
  const { callbacks, tellAll } = watches.get(signal) ?? watch(signal)
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
export function abortable<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = onAbort(signal, () => reject(signal.reason))
    work.then(resolve, reject).then(stop)
  })
}
