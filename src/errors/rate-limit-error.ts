import { APIError } from './api-error.ts'

/**
 * 429: too many requests, or the quota is used up (`retryable` is false then). `retryAfter` is in milliseconds.
 * @example
 * if (error instanceof RateLimitError) tryAgainIn(error.retryAfter)
 */
export class RateLimitError extends APIError {
  override name = 'RateLimitError'
}
