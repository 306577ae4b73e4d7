import { LLMError } from './llm-error.ts'

/**
 * No answer, or not a whole one: name not found, refused, reset. `cause` is what `fetch` threw.
 * @example
 * if (error instanceof ConnectionError) console.log(error.url, error.code)
 */
export class ConnectionError extends LLMError {
  override name = 'ConnectionError'
}
