import type { ChatCompletion } from '../chat/types.ts'
import type { CallOptions } from '../client/types.ts'
import type { ObjectFormatOptions } from './object-format.ts'

/**
 * How a service is asked for an object: `'json_schema'` hands it the schema; `'json_object'` asks for any JSON and tells the model
 * the schema in the system message; `'prompt'` only tells the model; `'auto'` begins with the first, tries the second where the
 * service refuses it, and remembers that for the client and the model.
 */
export type ObjectMode = 'json_schema' | 'json_object' | 'prompt' | 'auto'

/** How to ask for an object. */
export interface ObjectAsk extends ObjectFormatOptions {
  /** @default 'json_schema' */
  readonly mode?: ObjectMode | undefined
}

/** Settings of a call for an object. */
export interface ObjectOptions extends ObjectAsk, CallOptions {}

/** A completion with the object in it. */
export type ParsedCompletion<T> = ChatCompletion & { parsed: T }
