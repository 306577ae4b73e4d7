import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { LimitError } from '../errors/limit-error.ts'

/**
 * Makes events of the text of a stream. The returned function takes a piece of text, of `size` bytes, and returns the events
 * that it completes.
 *
 * The parser's own `maxBufferSize` is checked after it has handed an event out, and does not see `event:` and `id:`; what it
 * may hold is the bytes since the last event, so these are counted.
 *
 * @throws {LimitError} when an event is larger than `maxEventBytes`
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function createEventDecoder(
  maxEventBytes: number,
): (text: string, size: number) => EventSourceMessage[] {
  let events: EventSourceMessage[] = []
  let pending = 0
  let largest = 0
  const parser = createParser({
    onEvent(event) {
      pending = 0
      largest = Math.max(largest, event.data.length)
      events.push(event)
    },
  })
  return (text, size) => {
    events = []
    pending += size
    parser.feed(text)
    if (Math.max(pending, largest) > maxEventBytes)
      throw new LimitError(`An event is over ${maxEventBytes} bytes`)
    return events
  }
}
