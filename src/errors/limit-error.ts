import { LLMError } from './llm-error.ts'

/**
 * The answer is larger than `maxResponseBytes`, or one event of it than `maxEventBytes`.
 *
 * @example
 * if (error instanceof LimitError) console.log(error.message)
 */
export class LimitError extends LLMError {
  override name = 'LimitError'
}
