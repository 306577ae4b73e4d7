import { abortable } from '../internal/abort.ts'
import type { FetchInit } from './policy.ts'

/** What a caller's own function gives, unless the call is over before. */
export function bounded<T>(given: T | PromiseLike<T>, { signal }: FetchInit): Promise<T> {
  const work = Promise.resolve(given)
  return signal ? abortable(signal, work) : work
}
