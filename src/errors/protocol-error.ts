import { LLMError } from './llm-error.ts'

/**
 * The answer is not what the API promises: HTML, broken JSON, a redirect, an impossible index. The payload is never in the message.
 * @example
 * if (error instanceof ProtocolError) console.log(error.url)
 */
export class ProtocolError extends LLMError {
  override name = 'ProtocolError'
}
