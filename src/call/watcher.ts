/** How a call ended: whole (neither member is set), failed or cancelled. */
export interface CallEnd {
  readonly error?: unknown
  readonly cancelled?: boolean
}

/**
 * Follows one call, from its first attempt to the end of its body. Every member is optional and none may throw.
 *
 * Around another client's `fetch` only `headers`, `wait`, `bytes` and `end` are told: what is in its body is not read.
 */
export interface Watcher {
  /**
   * A request goes out, to this address; told again for each retry. `isShared`: it is another call's, whose answer this one gets
   * too.
   */
  attempt?(url: string, isShared?: boolean): void
  /** The headers of an answer are there. The promise of a fetch settles later: see `Fetch`. */
  headers?(status: number): void
  /** The reader waits for bytes. */
  wait?(): void
  /** Bytes arrived, or the body is at its end, or the reader took up what had arrived. */
  bytes?(): void
  /** The data of a whole answer, or a value of a stream, was handed out. */
  value?(value: unknown): void
  /** The call is over. Told once. */
  end?(end: CallEnd): void
}
