import { LLMError, type LLMErrorDetails } from './llm-error.ts'

/**
 * The circuit breaker is open: no request was sent. `code` is `'CIRCUIT_OPEN'`.
 * @example
 * if (error instanceof CircuitOpenError) tryAgainAt(error.retryAt)
 */
export class CircuitOpenError extends LLMError<LLMErrorDetails & { readonly retryAt: number }> {
  override name = 'CircuitOpenError'
  override readonly code: string = 'CIRCUIT_OPEN'
  /** When the breaker will let a request through again, in milliseconds since the epoch. */
  declare readonly retryAt: number
}
