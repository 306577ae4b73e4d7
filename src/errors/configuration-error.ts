import { LLMError } from './llm-error.ts'

/**
 * The client was set up wrongly, or a setting that belongs to the whole client is bad. No request was sent.
 * @example
 * if (error instanceof ConfigurationError) throw error
 */
export class ConfigurationError extends LLMError {
  override name = 'ConfigurationError'
}
