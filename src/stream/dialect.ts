/** The last value of a stream: nothing that comes after it is read. */
export class Last<T> {
  readonly value: T

  constructor(value: T) {
    this.value = value
  }
}

/** An event as it came. The parser's own type would bring its package's declarations to every caller's compiler. */
export interface ServerSentEvent {
  readonly data: string
  readonly event?: string | undefined
}

/** What an endpoint knows of its stream. */
export interface Dialect<T> {
  /** Makes the value of one event, marked where it is the last. Throws if it is an error or broken; undefined skips it. */
  parse(event: ServerSentEvent): T | Last<T> | undefined
  /** Makes the value that stands for a whole answer sent instead of a stream. */
  parseWhole(text: string): T
  /** The member of an answer, `choices` say: a line of JSON outside of any event that has it is skipped, and is no failure. */
  readonly list?: string
  /** Throws unless the stream may end here: at `[DONE]`, or at the end of the body. */
  end(atDone: boolean): void
  /** Tells whether all has come that must: what may follow is waited for no longer than a second. */
  isFinished?(): boolean
}
