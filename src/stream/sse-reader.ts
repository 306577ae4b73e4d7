import type { Answer } from '../call/answer.ts'
import { onAbort, reasonOf, sleep } from '../call/signals.ts'
import type { CallEnd, Watcher } from '../call/watcher.ts'
import { ConnectionError } from '../errors/connection-error.ts'
import { IncompleteStreamError } from '../errors/incomplete-stream-error.ts'
import { isLLMError } from '../errors/llm-error.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import { apiFailure } from '../wire/api-failure.ts'
import { openBody, readText } from '../wire/body.ts'
import { isFailure, nameAnswer } from '../wire/json.ts'
import { type Dialect, Last, type ServerSentEvent } from './dialect.ts'
import { createEventDecoder, type StrayLine } from './event-decoder.ts'

/** What a stream is read with. */
export interface StreamContext {
  /** Ends the stream; a read rejects with its reason then. */
  readonly signal?: AbortSignal | null | undefined
  /** Told of waits and bytes until the first value is there. */
  readonly watchers: readonly Watcher[]
  readonly scrub: (text: string) => string
  readonly disconnect?: (() => void) | undefined
  /** Names method and address in an error. */
  readonly locate: (error: unknown) => void
  readonly maxResponseBytes: number
  readonly maxEventBytes: number
}

/** Reads the values of a stream, by demand. */
export interface EventReader<T> {
  /** Gives the next value if it has arrived: most have, as one read brings several. Throws as `next` does. */
  take(): T | undefined
  /** Gives the next value, or the end once the stream is complete; whatever else ends it is thrown, once. One call at a time. */
  next(): Promise<IteratorResult<T, undefined>>
  /** Stops reading: the server sees the disconnect, and a `next` under way answers undefined. */
  cancel(): void
  /** Follows the stream from here on. */
  watch(watcher: Watcher): void
}

/** How many events in a row may say nothing before others get their turn: a service may send millions at once. */
const MAX_SKIPPED = 10_000

/** How many bytes are split into events at once, for the same reason. Networks bring far fewer. */
const MAX_SPLIT = 1_048_576

/** How long the body's end is waited for after the last value, in milliseconds: its reader may send the next request at once. */
const GRACE = 50

/** How long what may follow is waited for once all has come that must, in milliseconds: some services never close. */
const TAIL = 1000

/** Opens a stream of events; settles when its first is there, so that what fails before it is a failure of the request. */
export async function openEvents<T>(
  response: Response,
  context: StreamContext,
  dialect: Dialect<T>,
): Promise<Answer<EventReader<T>>> {
  // Not held as a whole: it has the body that was sent.
  const { signal, scrub, disconnect, locate, watchers, maxEventBytes, maxResponseBytes } = context
  const text = new TextDecoder()
  const decode = createEventDecoder(maxEventBytes)
  const body = openBody(response, { signal, disconnect }, maxResponseBytes, true)
  let followers = watchers
  let opened = false
  /** Whether anything but white space has come. */
  let isBegun = false
  /** Whether no value comes any more. */
  let isOver = false
  /** Whether nothing more is read: the body has ended, or the last value has been handed out. */
  let atEnd: 'body' | 'value' | undefined
  /** What has arrived, and the index of the next. An event's JSON is parsed when it is asked for. */
  let events: readonly (ServerSentEvent | StrayLine)[] = []
  let index = 0
  /** What has been read but not split into events. */
  let unread: Uint8Array | undefined
  /** A value made ahead: the first, or that of a whole answer. */
  let ready: T | undefined
  let rest: Promise<void> | undefined
  let end: CallEnd | undefined
  let stopListening: (() => void) | undefined
  let tail: ReturnType<typeof setTimeout> | undefined

  function tell(event: 'wait' | 'bytes'): void {
    for (const follower of followers) follower[event]?.()
  }

  /** Tells that the call is over. Before the stream is handed out, its failure is that of the request. */
  function close(how: CallEnd): void {
    if (end) return
    end = how
    stopListening?.()
    clearTimeout(tail)
    if (opened) for (const follower of followers) follower.end?.(how)
  }

  function fail(error: unknown): unknown {
    let failure = error
    if (!signal?.aborted) {
      if (opened && error instanceof ConnectionError)
        failure = new IncompleteStreamError('The connection broke mid-stream', { cause: error })
      else if (!isLLMError(error))
        failure = new ProtocolError('An event is not as the API promises', { cause: error })
    }
    locate(failure)
    isOver = true
    body.cancel()
    close({ error: failure })
    return failure
  }

  /** Ends the stream as a whole one, once the dialect agrees. */
  function complete(atDone: boolean): undefined {
    dialect.end(atDone)
    isOver = true
    close({})
    // So that the connection can be used again.
    const timer = setTimeout(body.cancel, GRACE)
    rest = readText(body, text, 65_536).then(
      () => clearTimeout(timer),
      () => clearTimeout(timer),
    )
  }

  function parse(event: ServerSentEvent | StrayLine): T | undefined {
    if ('stray' in event) {
      let json: unknown
      try {
        json = JSON.parse(event.stray)
      } catch {}
      if (isFailure(Object(json), dialect.list)) throw apiFailure(event.stray, response, scrub)
      return undefined
    }
    if (event.data.trim() === '[DONE]') return complete(true)
    try {
      const value = event.data ? dialect.parse(event) : undefined
      if (!(value instanceof Last)) return value
      atEnd = 'value'
      events = []
      return value.value
    } catch (error) {
      // What the end of the body completed may have been cut there.
      if (atEnd && (error instanceof ProtocolError || !isLLMError(error))) return undefined
      throw error
    }
  }

  function take(): T | undefined {
    let value = ready
    ready = undefined
    try {
      if (signal?.aborted && !isOver) throw reasonOf(signal)
      if (value !== undefined) tell('bytes')
      const pause = index + MAX_SKIPPED
      while (value === undefined && !isOver && index < events.length && index < pause) {
        value = parse(events[index++]!)
        if (value === undefined) continue
        if (tail) clearTimeout(tail)
        tail = undefined
        if (opened) for (const follower of followers) follower.value?.(value)
      }
      return value
    } catch (error) {
      throw fail(error)
    }
  }

  /** Takes bytes in, or the end of the body. */
  async function feed(bytes: Uint8Array | undefined): Promise<void> {
    const split = bytes?.subarray(0, MAX_SPLIT)
    unread = bytes?.subarray(MAX_SPLIT)
    // The last event counts even where its blank line is missing.
    const piece = text.decode(split, { stream: !!bytes }) + (bytes ? '' : '\n\n')
    const [start] = isBegun ? [] : piece.trim()
    // The media type is not asked, as services name the wrong one: no line of an event stream starts like these.
    if (start === '<') throw new ProtocolError(`Expected a stream: ${nameAnswer(piece, response, scrub)}`)
    if (start === '{' || start === '[') {
      const rest = text.decode(unread, { stream: true }) + (await readText(body, text))
      ready = dialect.parseWhole((piece + rest).trim())
      isOver = true
      return close({})
    }
    isBegun ||= !!start
    if (!bytes) atEnd = 'body'
    events = decode(piece, split?.length ?? 0)
    index = 0
  }

  const reader: EventReader<T> = {
    take,
    async next() {
      try {
        let value = take()
        while (value === undefined && !isOver) {
          if (index < events.length) await sleep(0)
          else if (atEnd) complete(atEnd === 'value')
          else if (unread?.length) await sleep(0).then(() => feed(unread))
          else {
            // Comments do not lengthen the wait for what may follow. No follower is told of it: a short idle limit would win.
            if (dialect.isFinished?.()) tail ??= setTimeout(body.cancel, TAIL)
            else tell('wait')
            const bytes = await body.read()
            tell('bytes')
            await feed(bytes)
          }
          value = take()
        }
        if (value !== undefined) return { done: false, value }
        await rest
        return { done: true, value: undefined }
      } catch (error) {
        throw fail(error)
      }
    },
    cancel() {
      ready = undefined
      isOver = true
      body.cancel()
      close({ cancelled: true })
    },
    watch(follower) {
      if (ready !== undefined) follower.value?.(ready)
      if (end) follower.end?.(end)
      else followers = [...followers, follower]
    },
  }
  // Also where nobody reads; who does is thrown the reason.
  if (signal) stopListening = onAbort(signal, () => close({ error: reasonOf(signal) }))
  ready = (await reader.next()).value
  opened = true
  followers = []
  return { data: reader, watch: reader.watch, cancel: reader.cancel }
}
