/** How a body ended: whole (neither member is set), failed or cancelled. */
export interface BodyEnd {
  readonly error?: unknown
  readonly cancelled?: boolean
}

/** Told of what becomes of an answer's body after its response was handed out. */
export interface BodyWatcher {
  /** The reader waits for bytes. */
  onWait?(): void
  /** Bytes arrived, or the body is at its end, or the reader took up what had arrived. */
  onBytes?(): void
  /** A value of a stream was handed out; its first already when the watching began. */
  onValue?(value: unknown): void
  /** Called once. */
  onEnd?(end: BodyEnd): void
}
