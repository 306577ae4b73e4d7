import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { LimitError } from '../errors/limit-error.ts'

/** A line outside of the framing that may tell of an error: bare JSON of a backend, or the value of llama.cpp's field `error`. */
export interface StrayLine {
  readonly stray: string
}

/** A stray line that is longer is no error. */
const MAX_STRAY = 65_536

/**
 * Makes events of the text of a stream. The returned function takes a piece of text, of `size` bytes, and returns what it
 * completes.
 *
 * What the parser may hold is the bytes since the last event, so these are counted: a limit of its own would not see `event:`
 * and `id:`.
 *
 * @throws {LimitError} when an event is larger than `maxEventBytes`
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function createEventDecoder(
  maxEventBytes: number,
): (text: string, size: number) => readonly (EventSourceMessage | StrayLine)[] {
  let events: (EventSourceMessage | StrayLine)[] = []
  let pending = 0
  let largest = 0
  const parser = createParser({
    onEvent(event) {
      pending = 0
      largest = Math.max(largest, event.data.length)
      events.push(event)
    },
    // The parser tells of each line that it ignores.
    onError({ field, value, line }) {
      const stray = field === 'error' ? value : line
      if (stray && stray.length < MAX_STRAY && (field === 'error' || stray[0] === '{')) events.push({ stray })
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
