import { inTime } from '../call/in-time.ts'

/**
 * Gives a step of a store five seconds: some clients of Redis wait for as long as it is away, and neither must a visitor wait for
 * ever, nor a place be kept.
 */
export function storeTime<T>(work: Promise<T>): Promise<T> {
  return inTime(work, 5000, 'The store')
}
