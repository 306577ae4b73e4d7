import type { EventSourceMessage } from 'eventsource-parser'
import type { Answer } from '../call/answer.ts'
import { onAbort, reasonOf } from '../call/signals.ts'
import type { CallEnd, Watcher } from '../call/watcher.ts'
import { ConnectionError } from '../errors/connection-error.ts'
import { IncompleteStreamError } from '../errors/incomplete-stream-error.ts'
import { isLLMError } from '../errors/llm-error.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import { openBody, readText } from '../wire/body.ts'
import { createEventDecoder } from './event-decoder.ts'

/** The last value of a stream: nothing that comes after it is read. */
export class Last<T> {
  readonly value: T

  constructor(value: T) {
    this.value = value
  }
}

/** What an endpoint knows of its stream. */
export interface Dialect<T> {
  /** Makes the value of one event, marked where it is the last. Throws if it is an error or broken; undefined skips it. */
  parse(event: EventSourceMessage): T | Last<T> | undefined
  /** Makes the value that stands for a whole answer sent instead of a stream. */
  parseWhole(text: string): T
  /** Throws the error that a line outside of the framing tells of. Does nothing for any other line. */
  parseStray?(line: string): void
  /** Throws unless the stream may end here: at `[DONE]`, or at the end of the body. */
  end(atDone: boolean): void
  /** Tells whether all has come that must: what may follow is waited for no longer than a second. */
  isFinished?(): boolean
}

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
  /** Waits for the first value, so that what fails before it is a failure of the request. */
  open(): Promise<void>
}

/**
 * Where a reader is: before the first byte, among the events, at the body's end (`rest` settles when what is left after the
 * last value has been read, or is waited for no more), or over.
 */
type State =
  | { readonly kind: 'opening' }
  | { readonly kind: 'reading'; readonly isLast?: boolean }
  | { readonly kind: 'draining'; readonly rest: Promise<void> }
  | { readonly kind: 'over' }

/**
 * How long the body's end is waited for after the last value, in milliseconds: a connection read to its end can be used again.
 * The stream ends with it, as its reader may send the next request at once.
 */
const GRACE = 50

/** How long what may follow is waited for once all has come that must, in milliseconds: some services never close. */
const TAIL = 1000

function createReader<T>(response: Response, context: StreamContext, dialect: Dialect<T>): EventReader<T> {
  const { signal, disconnect } = context
  const text = new TextDecoder('utf-8', { ignoreBOM: true })
  const decode = createEventDecoder(context.maxEventBytes)
  const followers: Watcher[] = [...context.watchers]
  const body = openBody(response, { signal, disconnect }, context.maxResponseBytes, true)
  let state: State = { kind: 'opening' }
  /** What has arrived, and the index of the next. An event's JSON is parsed when it is asked for. */
  let events: readonly EventSourceMessage[] = []
  let index = 0
  /** A value made ahead: the first, or that of a whole answer. */
  let ready: T | undefined
  let opened = false
  /** What is thrown once the last value has been handed out. */
  let postponed: { readonly error: unknown } | undefined
  let end: CallEnd | undefined
  let tail: ReturnType<typeof setTimeout> | undefined
  // Also where nobody reads; who does is thrown the reason.
  const stopListening = signal && onAbort(signal, () => tellEnd({ error: reasonOf(signal) }))

  function tellEnd(how: CallEnd): void {
    if (end) return
    end = how
    stopListening?.()
    clearTimeout(tail)
    // Before the stream is handed out, its failure is that of the request.
    if (opened) for (const follower of followers) follower.end?.(how)
  }

  function finish(how: CallEnd): void {
    if (state.kind !== 'draining') state = { kind: 'over' }
    tellEnd(how)
  }

  function fail(error: unknown): unknown {
    let failure = error
    if (!signal?.aborted) {
      if (opened && error instanceof ConnectionError)
        failure = new IncompleteStreamError('The connection broke mid-stream', { cause: error })
      else if (!isLLMError(error))
        failure = new ProtocolError('An event is not of the shape that the API promises', { cause: error })
      context.locate(failure)
    }
    body.cancel()
    state = { kind: 'over' }
    tellEnd({ error: failure })
    return failure
  }

  /** Ends the stream as a whole one, once the dialect agrees. */
  function complete(atDone: boolean): undefined {
    dialect.end(atDone)
    const timer = setTimeout(body.cancel, GRACE)
    const rest = readText(body, text, 65_536)
      .catch(() => {})
      .then(() => clearTimeout(timer))
    state = { kind: 'draining', rest }
    tellEnd({})
  }

  function parse(event: EventSourceMessage, atEnd: boolean): T | undefined {
    if (event.data === '[DONE]') return complete(true)
    try {
      const value = event.data ? dialect.parse(event) : undefined
      if (!(value instanceof Last)) return value
      try {
        complete(true)
      } catch (error) {
        // The value that tells of a failure is handed out before the failure is thrown.
        postponed = { error }
      }
      return value.value
    } catch (error) {
      // What the end of the body completed may have been cut there.
      if (atEnd && (error instanceof ProtocolError || !isLLMError(error))) return undefined
      throw error
    }
  }

  const isOver = () => state.kind === 'over' || state.kind === 'draining'
  const isAtEnd = () => state.kind === 'reading' && !!state.isLast

  function take(): T | undefined {
    let value = ready
    try {
      if (signal?.aborted && !isOver()) throw reasonOf(signal)
      if (value === undefined && postponed && !isOver()) throw postponed.error
      if (value !== undefined) for (const follower of followers) follower.bytes?.()
      ready = undefined
      while (value === undefined && !isOver() && index < events.length) {
        value = parse(events[index++]!, isAtEnd())
        if (value !== undefined && opened) for (const follower of followers) follower.value?.(value)
      }
      if (tail && value !== undefined) {
        clearTimeout(tail)
        tail = undefined
      }
      return value
    } catch (error) {
      throw fail(error)
    }
  }

  /** Takes bytes in, or the end of the body. Returns the beginning of a whole answer, if it is one. */
  function feed(bytes: Uint8Array | undefined): string | undefined {
    // The last event counts even where its blank line is missing.
    const piece = text.decode(bytes, { stream: !!bytes }) + (bytes ? '' : '\n\n')
    if (state.kind === 'opening') {
      // The media type is not asked, as services name the wrong one: no line of an event stream starts like these.
      const start = /[^\s\ufeff]/.exec(piece)?.[0]
      if (start === '<')
        throw new ProtocolError(
          `Expected a stream, got ${context.scrub(response.headers.get('content-type') ?? 'HTML')}`,
        )
      if (start === '{' || start === '[') return piece
      if (start) state = { kind: 'reading' }
    }
    if (!bytes) state = { kind: 'reading', isLast: true }
    const decoded = decode(piece, bytes?.length ?? 0)
    index = 0
    events = decoded.events
    for (const line of decoded.strays) dialect.parseStray?.(line)
    return undefined
  }

  async function readWhole(start: string): Promise<void> {
    ready = dialect.parseWhole((start + (await readText(body, text))).trim())
    finish({})
  }

  /**
   * Bounds the wait for what may follow once all has come that must, whatever comments come meanwhile. No follower is told: a
   * short idle limit would win.
   */
  function beginWait(): void {
    if (dialect.isFinished?.()) tail ??= setTimeout(body.cancel, TAIL)
    else for (const follower of followers) follower.wait?.()
  }

  async function next(): Promise<IteratorResult<T, undefined>> {
    try {
      let value = take()
      while (value === undefined && !isOver()) {
        if (isAtEnd()) complete(false)
        else {
          beginWait()
          const bytes = await body.read()
          for (const follower of followers) follower.bytes?.()
          const whole = feed(bytes)
          if (whole !== undefined) await readWhole(whole)
          value = take()
        }
      }
      if (value !== undefined) return { done: false, value }
      if (state.kind === 'draining') await state.rest
      return { done: true, value: undefined }
    } catch (error) {
      throw fail(error)
    }
  }

  return {
    take,
    next,
    async open() {
      ready = (await next()).value
      opened = true
      followers.length = 0
    },
    cancel() {
      ready = undefined
      body.cancel()
      finish({ cancelled: true })
    },
    watch(follower) {
      if (ready !== undefined) follower.value?.(ready)
      if (end) follower.end?.(end)
      else followers.push(follower)
    },
  }
}

/** Opens a stream of events; settles when its first is there. */
export async function openEvents<T>(
  response: Response,
  context: StreamContext,
  dialect: Dialect<T>,
): Promise<Answer<EventReader<T>>> {
  const data = createReader(response, context, dialect)
  await data.open()
  return { data, watch: data.watch, cancel: data.cancel }
}
