import { END_MARK, RESUMABLE_HEADER } from '../wire/resumable.ts'
import { STREAM_HEADERS } from './answer.ts'
import { LOST } from './log-writer.ts'
import type { LogPart } from './stream-store.ts'

/** Reads a log on from an event; see `StreamStore.read`. */
export type ReadLog = (after: number, signal: AbortSignal) => Promise<LogPart | undefined>

/** How long a reader hears nothing at most, in milliseconds: proxies close a silent connection after as little as 60 seconds. */
const KEEP_ALIVE = 15_000

const IDLE = Symbol()

/** Settles with `IDLE` after the time of a keep-alive, or as `work` does. */
async function orIdle<T>(work: Promise<T>): Promise<T | typeof IDLE> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const idle = new Promise<typeof IDLE>(resolve => {
    timer = setTimeout(() => resolve(IDLE), KEEP_ALIVE)
  })
  try {
    return await Promise.race([work, idle])
  } finally {
    clearTimeout(timer)
  }
}

/** Makes an event as a reader gets it: with its number in the place of an `id` of the service's, and with one kind of line end. */
function numbered(event: string, id: number): string {
  const lines = event.split(/\r\n|\r|\n/).filter(line => line && !/^id(:|$)/.test(line))
  return `id: ${id}\n${lines.join('\n')}\n\n`
}

/**
 * Streams a log to a reader from an event on, each event with its number. The reader is told where the writer has died.
 *
 * @param first what has been read of it already
 */
export function streamLog(read: ReadLog, after: number, first?: LogPart, onLeave?: () => void): Response {
  const controller = new AbortController()
  const encoder = new TextEncoder()
  let position = after
  let next: Promise<LogPart | undefined> | undefined = first && Promise.resolve(first)

  async function pull(stream: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const send = (text: string) => stream.enqueue(encoder.encode(text))
    // A store that fails now and then: the error ends the body, and the reader comes back.
    next ??= read(position, controller.signal)
    const part = await orIdle(next)
    if (part === IDLE) return send(':\n\n')
    next = undefined
    const { events, closed } = part ?? { events: [LOST], closed: true }
    const text = events.map((event, index) => numbered(event, position + index + 1)).join('')
    send(closed ? text + END_MARK : text)
    position += events.length
    if (closed) stream.close()
  }

  const body = new ReadableStream<Uint8Array>(
    {
      pull,
      cancel() {
        controller.abort()
        // It rejects with the abort, and nobody reads any more.
        next?.catch(() => {})
        onLeave?.()
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { headers: { ...STREAM_HEADERS, [RESUMABLE_HEADER]: '1' } })
}

/**
 * Answers a reader who comes back.
 *
 * @returns undefined where there is no log, or its writer has died; an answer without a body where nothing is left to be read
 */
export async function attach(read: ReadLog, after: number): Promise<Response | undefined> {
  const patience = new AbortController()
  const reading = read(after, patience.signal)
  const first = await orIdle(reading)
  if (first !== IDLE)
    return !first?.events.length && first?.closed
      ? new Response(null, { status: 204 })
      : first && streamLog(read, after, first)
  reading.catch(() => {})
  patience.abort()
  return streamLog(read, after)
}
