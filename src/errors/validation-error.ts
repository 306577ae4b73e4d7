import type { ServiceErrorDetails } from './api-error.ts'
import { LLMError, type LLMErrorDetails } from './llm-error.ts'

/** One thing that is wrong with a request. The value itself is never in it. */
export interface ValidationIssue {
  /** Where, as JavaScript writes it: `'messages[0].content'`. */
  readonly path: string
  readonly message: string
}

/** What a {@link ValidationError} may be given; everything but `issues` comes from the service's answer. */
export interface ValidationErrorDetails
  extends LLMErrorDetails,
    Partial<Omit<ServiceErrorDetails, 'issues'>> {
  readonly issues: readonly ValidationIssue[]
}

/**
 * A bad parameter: found here before any request (`status` is undefined), or by the service (400 or 422).
 * @example
 * if (error instanceof ValidationError) for (const { path, message } of error.issues) mark(path, message)
 */
export class ValidationError extends LLMError<ValidationErrorDetails> {
  override name = 'ValidationError'
  /** All that is wrong, at least one. */
  declare readonly issues: readonly ValidationIssue[]
  declare readonly status: number | undefined
  declare readonly type: string | undefined
  declare readonly param: string | undefined
  declare readonly requestId: string | undefined
  declare readonly retryAfter: number | undefined
  declare readonly headers: Headers | undefined
  declare readonly body: unknown
}

/** Joins keys to a path as JavaScript writes it: `messages[0].content`. */
export function joinPath(keys: readonly (string | number)[]): string {
  const parts = keys.map(key => (/^\d+$/.test(`${key}`) ? `[${key}]` : `.${key}`))
  return parts.join('').replace(/^\./, '')
}

/** Throws the error for one thing that is wrong. */
export function refuse(path: string, message: string): never {
  throw validationError([{ path, message }])
}

/**
 * Makes the error for a request that must not be sent, with its issues in the message: twenty at most, as a visitor's body may
 * have a hundred thousand.
 */
export function validationError(
  issues: readonly ValidationIssue[],
  details?: LLMErrorDetails,
): ValidationError {
  const told = issues.slice(0, 20).map(({ path, message }) => `${path || 'The request'} ${message}`)
  return new ValidationError(told.join('; '), { issues, ...details })
}
