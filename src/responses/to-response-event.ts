import { parseJson } from '../wire/json.ts'
import { fromWire } from '../wire/names.ts'
import { VERBATIM } from './rules.ts'
import type { ResponseEvent } from './types.ts'

/**
 * Makes an event of a message of a socket: parses it, and gives its names in camelCase.
 *
 * @throws {ProtocolError} for what is no JSON object
 * @example
 * async function* events(socket: WebSocket): AsyncGenerator<ResponseEvent> {
 *   const messages = new ReadableStream<string>({
 *     start: controller => {
 *       socket.onmessage = ({ data }) => controller.enqueue(data)
 *       socket.onclose = () => controller.close()
 *     },
 *   }).getReader()
 *   for (let next = await messages.read(); !next.done; next = await messages.read()) yield toResponseEvent(next.value)
 * }
 * const response = await finalResponse(events(socket))
 */
export function toResponseEvent(message: string): ResponseEvent {
  return fromWire(
    parseJson(message, () => 'A message'),
    VERBATIM,
  ) as ResponseEvent
}
