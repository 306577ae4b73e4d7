import { errorEvent, incomplete, Refusal } from './refusal.ts'
import type { StreamStore } from './stream-store.ts'

/** How far the store may be behind, in characters, before the service is made to wait. */
const MAX_BEHIND = 1_048_576

/** How long the reason is looked for why a log takes no more, in milliseconds. */
const PATIENCE = 2000

/** Tells a reader that nobody writes the stream any more. */
export const LOST: string = /* @__PURE__ */ errorEvent(
  incomplete('writer_lost', 'The relay has lost the stream'),
)

/** Tells a reader that the user has stopped the stream. */
export const STOPPED: string = /* @__PURE__ */ errorEvent(incomplete('stopped', 'The stream was stopped'))

const FULL: string = /* @__PURE__ */ errorEvent(
  new Refusal(507, 'log_full', 'The log of the stream is full', { name: 'LimitError' }),
)

/** Writes one log. None of its methods throws. */
export interface LogWriter {
  /** Adds events, and waits where the store is far behind. Returns false once the log takes no more. */
  write(events: readonly string[]): Promise<boolean>
  /** Says that the writer lives. Returns as `write` does. */
  renew(): Promise<boolean>
  /** Ends the log, when all events are in it. */
  close(): Promise<void>
  /** What a reader gets at the end of a log that took no more: why that is. */
  readonly ending: readonly string[]
  /** Whether the store has failed: nobody else can read what is missing in the log. */
  readonly isBroken: boolean
}

/**
 * Makes the writer of a log. What comes while the store is busy goes to it in one piece: a slow store gets fewer and larger ones.
 */
export function createLogWriter(
  store: StreamStore,
  id: string,
  onError: (error: unknown) => unknown,
): LogWriter {
  let written = 0
  let pending: string[] = []
  let behind = 0
  let busy: Promise<void> | undefined
  let state: 'open' | 'shut' | 'broken' = 'open'
  let ending: readonly string[] = []

  /** Finds out why the log takes no more, and closes one that is full. */
  async function findEnding(): Promise<void> {
    ending = [LOST]
    const patience = new AbortController()
    const timer = setTimeout(() => patience.abort(), PATIENCE)
    try {
      // One that takes nothing, but does take no event at all, is full.
      if (await store.append(id, written, [])) await store.close(id, FULL, written)
      const part = await store.read(id, written, patience.signal)
      if (part?.closed) ending = part.events
    } catch (error) {
      onError(error)
    }
    clearTimeout(timer)
    // Last, as whoever sees it reads the ending.
    state = 'shut'
  }

  /** Closes a log whose last events may be in it, or not. It is never another's that is closed. */
  async function closeBroken(uncertain: number): Promise<void> {
    state = 'broken'
    for (const from of [written, written + uncertain]) await store.close(id, LOST, from).catch(() => {})
  }

  async function append(): Promise<void> {
    let events: string[] = []
    try {
      do {
        events = pending
        pending = []
        behind = 0
        if (!(await store.append(id, written, events))) return await findEnding()
        written += events.length
      } while (pending.length)
    } catch (error) {
      // Whoever reads along goes on; who comes back is told that the rest is missing.
      onError(error)
      await closeBroken(events.length)
    } finally {
      // Not a moment later: what came in between would wait for the next event, and there may be none.
      busy = undefined
    }
  }

  function flush(): Promise<void> {
    busy ??= append()
    return busy
  }

  return {
    async write(events) {
      if (state === 'open') {
        pending.push(...events)
        for (const { length } of events) behind += length
        const flushed = flush()
        if (behind > MAX_BEHIND) await flushed
      }
      return state !== 'shut'
    },
    async renew() {
      if (state === 'open') await flush()
      return state !== 'shut'
    },
    async close() {
      while (busy) await busy
      if (state === 'open') await store.close(id, undefined, written).catch(onError)
    },
    get ending() {
      return ending
    },
    get isBroken() {
      return state === 'broken'
    },
  }
}
