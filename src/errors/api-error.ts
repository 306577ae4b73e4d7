import { LLMError, type LLMErrorDetails } from './llm-error.ts'

/** What the service said when it refused. Every text in it has been scrubbed of the caller's key. */
export interface ServiceErrorDetails extends LLMErrorDetails {
  /** HTTP status; for an error inside a stream, the status that the service names there, else that of the answer. */
  readonly status: number
  readonly type?: string | undefined
  /** The request parameter that the service complains about. */
  readonly param?: string | undefined
  readonly requestId?: string | undefined
  /** How long the service asks to wait before the next try, in milliseconds. */
  readonly retryAfter?: number | undefined
  readonly headers: Headers
  /** The body: parsed where it is JSON, else its text (at most 64 KiB). */
  readonly body?: unknown
}

/** The service answered no. @example if (error instanceof APIError) console.log(error.status, error.code, error.requestId) */
export class APIError extends LLMError<ServiceErrorDetails> {
  override name = 'APIError'
  /** HTTP status; for an error inside a stream, the status that the service names there, else that of the answer. */
  declare readonly status: number
  declare readonly type: string | undefined
  /** The request parameter that the service complains about. */
  declare readonly param: string | undefined
  declare readonly requestId: string | undefined
  /** How long the service asks to wait before the next try, in milliseconds. */
  declare readonly retryAfter: number | undefined
  declare readonly headers: Headers
  /** The body: parsed where it is JSON, else its text (at most 64 KiB). */
  declare readonly body: unknown
}
