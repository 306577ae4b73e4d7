/** Events of a log, and whether it ends with them. */
export interface LogPart {
  readonly events: readonly string[]
  readonly closed: boolean
}

/**
 * Keeps the events of running and of finished streams as text, numbered from 1. Each log has one writer; whoever does not write
 * for longer than the store's lease is taken for dead.
 */
export interface StreamStore {
  /**
   * How long a writer that says nothing is believed, in milliseconds. The relay appends no events at all in a third of it.
   * @default 30_000
   */
  readonly lease?: number | undefined
  /**
   * Begins a log, atomically.
   *
   * @param mark tells the request apart from another with the same id
   * @returns undefined where the log is the caller's to write, else the mark of the one that is there
   */
  create(id: string, mark: string): Promise<string | undefined>
  /**
   * Adds events, and renews the lease.
   *
   * @param from how many events the writer has written: a log with more, or fewer, has another writer
   * @returns false where the log is closed, full, gone, or another's
   */
  append(id: string, from: number, events: readonly string[]): Promise<boolean>
  /**
   * Ends a log. One without any event is forgotten, so that its id can be used again. One that is closed stays as it is.
   *
   * @param error an event to put at the end, whatever its length
   * @param from closes only a log of so many events: that of the writer itself
   */
  close(id: string, error?: string, from?: number): Promise<void>
  /**
   * Waits for events after the first `after`.
   *
   * @returns undefined where there is no such log, or its writer has died; rejects with the signal's reason on abort
   */
  read(id: string, after: number, signal?: AbortSignal): Promise<LogPart | undefined>
}

/** A {@link StreamStore} with what a relay does with it; `streamStore` makes one. */
export interface RelayStreams extends StreamStore {
  /** What a relay does with the store: who gives it none does not ship it. @internal */
  readonly keeper: object
}
