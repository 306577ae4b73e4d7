import { LLMError } from './llm-error.ts'

/**
 * Something is larger than it may be: an answer than `maxResponseBytes`, an event than `maxEventBytes`, what one half of `teeStream`
 * is behind than `maxBuffered`, or a list that would go on for ever.
 * @example
 * if (error instanceof LimitError) console.log(error.message)
 */
export class LimitError extends LLMError {
  override name = 'LimitError'
}
