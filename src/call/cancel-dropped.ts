import { isWorker } from './is-worker.ts'

let dropped: FinalizationRegistry<() => void> | undefined

/**
 * Ends the request of what is dropped before its end: nobody else would, and it holds its connection and its slot. A Worker may
 * end only what its own request began, and what that leaves ends with it.
 */
export function cancelDropped(held: object, cancel: () => void): void {
  if (typeof FinalizationRegistry !== 'function' || isWorker()) return
  dropped ??= new FinalizationRegistry(cancel => cancel())
  dropped.register(held, cancel, held)
}

/** Takes {@link cancelDropped} back: something else holds the request now. */
export function keepDropped(held: object): void {
  dropped?.unregister(held)
}
