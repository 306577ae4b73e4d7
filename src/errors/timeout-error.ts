import { LLMError, type LLMErrorDetails } from './llm-error.ts'

/** What was waited for when the time was up. */
export type TimeoutPhase = 'headers' | 'firstEvent' | 'idle' | 'total'

/**
 * A time limit passed. `phase` says which: `headers` (connect, send, wait), `firstEvent` (from the headers to a stream's
 * first event), `idle` (no byte from the server), `total` (the whole call). The first two are retryable.
 * @example
 * if (error instanceof TimeoutError && error.phase === 'idle') show(error.partial)
 */
export class TimeoutError extends LLMError<LLMErrorDetails & { readonly phase: TimeoutPhase }> {
  override name = 'TimeoutError'
  declare readonly phase: TimeoutPhase
}
