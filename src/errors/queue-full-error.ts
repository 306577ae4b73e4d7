import { LLMError } from './llm-error.ts'

/** The limit of concurrent requests is reached and the queue behind it is full: no request was sent. */
export class QueueFullError extends LLMError {
  override name = 'QueueFullError'
}
