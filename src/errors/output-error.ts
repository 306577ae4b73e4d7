import type { ChatCompletion } from '../chat/types.ts'
import { LLMError, type LLMErrorDetails } from './llm-error.ts'
import type { ValidationIssue } from './validation-error.ts'

/**
 * Why an answer is not the object that was asked for: the model refused, the token limit cut it, a filter cut it, it is not
 * JSON, or the schema refuses it.
 */
export type OutputErrorCode = 'REFUSAL' | 'LENGTH' | 'FILTER' | 'NOT_JSON' | 'SCHEMA'

/** What an {@link OutputError} is given besides its message. */
export interface OutputErrorDetails extends LLMErrorDetails {
  readonly code: OutputErrorCode
  readonly issues?: readonly ValidationIssue[] | undefined
  readonly completion?: ChatCompletion | undefined
}

/**
 * The model answered, but not with what was asked for: its answer is not the object, or its call does not fit the tool. The
 * message holds no word of the model. `issues` and `completion` may, so they are not printed with the error.
 * @example
 * if (error instanceof OutputError && error.code === 'REFUSAL') show('The model refused.')
 */
export class OutputError extends LLMError<LLMErrorDetails> {
  override name = 'OutputError'
  declare readonly code: OutputErrorCode
  /** What the schema refuses. A validator's words may quote the model's. */
  declare readonly issues: readonly ValidationIssue[]
  /** The answer that was read. */
  declare completion: ChatCompletion | undefined

  constructor(message: string, { issues = [], completion, ...details }: OutputErrorDetails) {
    super(message, details)
    Object.defineProperties(this, {
      issues: { value: issues },
      completion: { value: completion, writable: true },
    })
  }
}
