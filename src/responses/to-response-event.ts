import { parseJson } from '../wire/json.ts'
import { fromWire } from '../wire/names.ts'
import { VERBATIM } from './rules.ts'
import type { ResponseEvent } from './types.ts'

/**
 * Makes an event of a message of a socket: parses it, and gives its names in camelCase.
 *
 * @throws {ProtocolError} for what is no JSON object
 * @example
 * async function* events(messages: AsyncIterable<string>): AsyncGenerator<ResponseEvent> {
 *   for await (const message of messages) yield toResponseEvent(message)
 * }
 * const response = await finalResponse(events(messages))
 */
export function toResponseEvent(message: string): ResponseEvent {
  return fromWire(
    parseJson(message, () => 'A message'),
    VERBATIM,
  ) as ResponseEvent
}
