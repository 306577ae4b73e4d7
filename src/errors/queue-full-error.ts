import { LLMError } from './llm-error.ts'

/**
 * The limit of concurrent requests is reached and the queue behind it is full: no request was sent.
 * @example
 * if (error instanceof QueueFullError) return new Response(null, { status: 503 })
 */
export class QueueFullError extends LLMError {
  override name = 'QueueFullError'
}
