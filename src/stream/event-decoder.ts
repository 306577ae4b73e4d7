import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { LimitError } from '../errors/limit-error.ts'

/** What a piece of text completes. */
export interface Decoded {
  readonly events: readonly EventSourceMessage[]
  /** Lines outside of the framing that may be an error: bare JSON, and the fields named `error`, their values alone. */
  readonly strays: readonly string[]
}

/** What begins a line that may tell of an error: bare JSON of a backend, or llama.cpp's field `error`. */
const STRAY = /^(\{|error:)/

/** A stray line that is longer is no error. */
const MAX_STRAY = 65_536

/** Makes what finds the lines that the parser ignores and that may tell of an error. Most pieces have none. */
function createStrayFinder(): (text: string) => readonly string[] {
  /** The line that is under way, as far as it may be one. */
  let open = ''
  return piece => {
    const text = open + piece
    const rest = text.slice(Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1)
    const mayBe = STRAY.test(rest) || 'error:'.startsWith(rest)
    open = mayBe && rest.length < MAX_STRAY ? rest : '-'
    // Most pieces have none, and need not be taken apart.
    if (!STRAY.test(text) && !/[\r\n](\{|error:)/.test(text)) return []
    const lines = text.slice(0, text.length - rest.length).split(/[\r\n]/)
    return lines.filter(line => STRAY.test(line)).map(line => line.replace(/^error: */, ''))
  }
}

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
export function createEventDecoder(maxEventBytes: number): (text: string, size: number) => Decoded {
  let events: EventSourceMessage[] = []
  let pending = 0
  let largest = 0
  const findStrays = createStrayFinder()
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
    return { events, strays: findStrays(text) }
  }
}
