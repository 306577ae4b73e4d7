import { isWorker } from './is-worker.ts'

let dropped: FinalizationRegistry<() => void> | undefined

/**
 * Ends the request of what is dropped before its end: nobody else would, and it holds its connection and its slot. A Worker may
 * end only what its own request began, and what that leaves ends with it.
 *
 * {@link keepDropped} must take it back once the request is over: the error that ends one holds its stack, a stack may hold
 * `held`, and `cancel` would hold the error.
 */
export function cancelDropped(held: object, cancel: () => void): void {
  if (typeof FinalizationRegistry !== 'function' || isWorker()) return
  dropped ??= new FinalizationRegistry(cancel => cancel())
  dropped.register(held, cancel, cancel)
}

/** Takes {@link cancelDropped} back: something else holds the request, or it is over. */
export function keepDropped(cancel: () => void): void {
  dropped?.unregister(cancel)
}
