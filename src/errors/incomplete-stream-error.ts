import { LLMError } from './llm-error.ts'

/**
 * The stream ended before its end: no `finish_reason` and no `[DONE]`, or a tool call cut in half.
 * @example
 * if (error instanceof IncompleteStreamError) show(error.partial)
 */
export class IncompleteStreamError extends LLMError {
  override name = 'IncompleteStreamError'
  /** The number of the last event of a Responses stream that had arrived: `resumeResponse` goes on after it. */
  declare resumeAfter?: number
}
