import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { LimitError } from '../errors/limit-error.ts'

/** A line outside of the framing that may tell of an error: bare JSON of a backend, or the value of llama.cpp's field `error`. */
export interface StrayLine {
  readonly stray: string
}

/** A stray line that is longer is no error. */
const MAX_STRAY = 65_536

/** Makes what finds the stray lines, which the parser ignores, and where each ends in the piece. Most pieces have none. */
function createStrayFinder(): (piece: string) => readonly (readonly [line: string, end: number])[] {
  /** The line that is under way, as far as it may be one. */
  let open = ''
  return piece => {
    // A long line may come a byte at a time: to join and search it for each would take the square of its length.
    if (open.length > 6 && !/[\r\n]/.test(piece)) {
      open = open.length + piece.length < MAX_STRAY ? open + piece : '-'
      return []
    }
    const text = open + piece
    const before = open.length
    const rest = text.slice(Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1)
    const mayBe = /^(\{|error:)/.test(rest) || 'error:'.startsWith(rest)
    open = mayBe && rest.length < MAX_STRAY ? rest : '-'
    // Looked for as texts: an expression over every piece would show in the time that a stream takes.
    const beginnings = ['\n{', '\nerror:', '\r{', '\rerror:']
    if (!/^(\{|error:)/.test(text) && !beginnings.some(beginning => text.includes(beginning))) return []
    const lines = text.matchAll(/(?:^|[\r\n])(?:error: *([^\r\n]*)|(\{[^\r\n]*))(?=[\r\n])/g)
    return Array.from(lines, ({ 0: line, 1: value, 2: json, index }) => [
      value ?? json!,
      index + line.length - before,
    ])
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
export function createEventDecoder(
  maxEventBytes: number,
): (text: string, size: number) => readonly (EventSourceMessage | StrayLine)[] {
  let events: (EventSourceMessage | StrayLine)[] = []
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
    let fed = 0
    for (const [stray, end] of findStrays(text)) {
      parser.feed(text.slice(fed, end))
      fed = end
      events.push({ stray })
    }
    parser.feed(text.slice(fed))
    if (Math.max(pending, largest) > maxEventBytes)
      throw new LimitError(`An event is over ${maxEventBytes} bytes`)
    return events
  }
}
