import type { EventSourceMessage } from 'eventsource-parser'
import { ConnectionError } from '../errors/connection-error.ts'
import { IncompleteStreamError } from '../errors/incomplete-stream-error.ts'
import { isLLMError } from '../errors/llm-error.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import { onAbort } from '../internal/abort.ts'
import type { BodyEnd, BodyWatcher } from '../internal/body-watcher.ts'
import { type BodyReader, openBody, readText } from '../internal/read-body.ts'
import { createEventDecoder } from './event-decoder.ts'

/** What an endpoint knows of its stream. */
export interface Dialect<T> {
  /** The value of one event. Throws if it is an error or broken; undefined skips it. */
  parse(event: EventSourceMessage): T | undefined
  /** The value that stands for a whole answer sent instead of a stream. */
  parseWhole(text: string): T
  /** Throws unless the stream may end here: at `[DONE]`, or at the end of the body. */
  end(atDone: boolean): void
}

/** What a stream is read with. */
export interface StreamContext {
  /** Ends the stream; a read rejects with its reason then. */
  readonly signal: AbortSignal
  readonly onBytes?: (() => void) | undefined
  readonly maxResponseBytes: number
  readonly maxEventBytes: number
}

/**
 * How long the body's end is waited for after `[DONE]`, in milliseconds: a connection read to its end can be used again. The
 * stream ends with it, as its reader may send the next request at once.
 */
const GRACE = 50

/** The values of a stream, read by demand. */
export class EventReader<T> {
  /** Whether a `next` is under way. */
  busy = false
  readonly #response: Response
  readonly #context: StreamContext
  readonly #dialect: Dialect<T>
  readonly #body: BodyReader
  readonly #text = new TextDecoder()
  readonly #decode: (text: string, size: number) => EventSourceMessage[]
  readonly #watchers: BodyWatcher[] = []
  /** What has arrived, and the place of the next. An event's JSON is parsed when it is asked for. */
  #events: EventSourceMessage[] = []
  #place = 0
  /** A value made ahead: the first, or that of a whole answer. */
  #ready: T | undefined
  #sniffed = false
  #opened = false
  #atEnd = false
  #over = false
  /** Settles when what is left after `[DONE]` has been read, or is waited for no more. */
  #rest: Promise<void> | undefined
  #end: BodyEnd | undefined
  readonly #stopListening: (() => void) | undefined

  constructor(response: Response, context: StreamContext, dialect: Dialect<T>) {
    this.#response = response
    this.#context = context
    this.#dialect = dialect
    this.#decode = createEventDecoder(context.maxEventBytes)
    this.#body = openBody(response, context.signal, context.maxResponseBytes, () => {
      if (!this.#opened) context.onBytes?.()
      this.#tellBytes()
    })
    // Also where nobody reads; who does is thrown the reason.
    this.#stopListening = onAbort(context.signal, () => this.#tellEnd({ error: context.signal.reason }))
  }

  /** Waits for the first value, so that what fails before it is a failure of the request. */
  async open(): Promise<void> {
    this.#ready = (await this.next()).value
    this.#opened = true
  }

  /** The next value if it has arrived: most have, as one read brings several. Throws as `next` does. */
  take(): T | undefined {
    const { signal } = this.#context
    let value = this.#ready
    try {
      if (signal.aborted && !this.#over) throw signal.reason
      if (value !== undefined) this.#tellBytes()
      this.#ready = undefined
      while (value === undefined && !this.#over && this.#place < this.#events.length) {
        value = this.#read(this.#events[this.#place++]!)
        if (value !== undefined) for (const watcher of this.#watchers) watcher.onValue?.(value)
      }
      return value
    } catch (error) {
      throw this.#fail(error)
    }
  }

  /** The next value, or the end once the stream is complete; whatever else ends it is thrown, once. One call at a time. */
  async next(): Promise<IteratorResult<T, undefined>> {
    this.busy = true
    try {
      let value = this.take()
      while (value === undefined && !this.#over) {
        if (this.#atEnd) this.#complete(false)
        else {
          for (const watcher of this.#watchers) watcher.onWait?.()
          const bytes = await this.#body.read()
          // A promise more for each read would show in the time that a stream takes.
          const whole = this.#feed(bytes)
          if (whole !== undefined) await this.#readWhole(whole)
          value = this.take()
        }
      }
      if (value !== undefined) return { done: false, value }
      await this.#rest
      return { done: true, value: undefined }
    } catch (error) {
      throw this.#fail(error)
    } finally {
      this.busy = false
    }
  }

  /** Stops reading: the server sees the disconnect, and a `next` under way answers undefined. */
  cancel(): void {
    this.#ready = undefined
    this.#body.cancel()
    this.#finish({ cancelled: true })
  }

  watch(watcher: BodyWatcher): void {
    if (this.#ready !== undefined) watcher.onValue?.(this.#ready)
    if (this.#end) watcher.onEnd?.(this.#end)
    else this.#watchers.push(watcher)
  }

  /** Takes bytes in, or the end of the body. Returns the beginning of a whole answer, if it is one. */
  #feed(bytes: Uint8Array | undefined): string | undefined {
    this.#atEnd = !bytes
    // The last event counts even where its blank line is missing.
    const text = this.#text.decode(bytes, { stream: !!bytes }) + (bytes ? '' : '\n\n')
    if (!this.#sniffed) {
      // The media type is not asked, as services name the wrong one: no line of an event stream starts like these.
      const start = /\S/.exec(text)?.[0]
      this.#sniffed = !!start
      if (start === '<')
        throw new ProtocolError(`Expected a stream, got ${this.#response.headers.get('content-type')}`)
      if (start === '{') return text
    }
    this.#place = 0
    this.#events = this.#decode(text, bytes?.length ?? 0)
    return undefined
  }

  async #readWhole(start: string): Promise<void> {
    this.#ready = this.#dialect.parseWhole(start + (await readText(this.#body, this.#text)))
    this.#finish({})
  }

  #read(event: EventSourceMessage): T | undefined {
    if (event.data === '[DONE]') return this.#complete(true)
    try {
      return event.data ? this.#dialect.parse(event) : undefined
    } catch (error) {
      // What the end of the body completed may have been cut there.
      if (this.#atEnd && (error instanceof ProtocolError || !isLLMError(error))) return undefined
      throw error
    }
  }

  #complete(atDone: boolean): undefined {
    this.#dialect.end(atDone)
    this.#finish({})
    const timer = setTimeout(this.#body.cancel, GRACE)
    this.#rest = readText(this.#body, this.#text, 65_536)
      .catch(() => {})
      .then(() => clearTimeout(timer))
  }

  #fail(error: unknown): unknown {
    let failure = error
    const { aborted } = this.#context.signal
    if (this.#opened && !aborted && error instanceof ConnectionError)
      failure = new IncompleteStreamError('The connection broke mid-stream', { cause: error })
    else if (!aborted && !isLLMError(error))
      failure = new ProtocolError('An event is not of the shape that the API promises', { cause: error })
    this.#body.cancel()
    this.#finish({ error: failure })
    return failure
  }

  #finish(end: BodyEnd): void {
    this.#over = true
    this.#tellEnd(end)
  }

  #tellEnd(end: BodyEnd): void {
    if (this.#end) return
    this.#end = end
    this.#stopListening?.()
    for (const watcher of this.#watchers) watcher.onEnd?.(end)
  }

  #tellBytes(): void {
    for (const watcher of this.#watchers) watcher.onBytes?.()
  }
}
