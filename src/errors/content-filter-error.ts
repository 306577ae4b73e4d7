import { APIError } from './api-error.ts'

/**
 * The service refused the prompt or the answer for its content.
 * @example
 * if (error instanceof ContentFilterError) askDifferently()
 */
export class ContentFilterError extends APIError {
  override name = 'ContentFilterError'
}
