import { IncompleteStreamError } from '../errors/incomplete-stream-error.ts'

/** Makes the error for a stream that ended before its last event. One that has not begun can be asked for again. */
export function endedEarly(isBegun: boolean): IncompleteStreamError {
  const message = isBegun ? 'The stream ended early' : 'The stream ended before it began'
  return new IncompleteStreamError(message, { retryable: !isBegun })
}
