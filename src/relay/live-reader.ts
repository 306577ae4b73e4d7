import { onAbort } from '../call/signals.ts'
import type { ReadLog } from './log-response.ts'

/** How far the one who asked may be behind, in characters, before it reads the store like anybody else. */
const MAX_AHEAD = 1_048_576

/**
 * Hands the events of a running stream to the one who asked, past the store: no round trip, and no end where the store fails. Who
 * reads too slowly is left to the store, so that neither memory grows nor the stream waits.
 */
export interface LiveReader {
  readonly read: ReadLog
  push(events: readonly string[]): void
  end(): void
}

export function createLiveReader(readStore: ReadLog): LiveReader {
  let queue: string[] = []
  let length = 0
  let isBehind = false
  let hasEnded = false
  let wake: () => void = () => {}

  return {
    async read(after, signal) {
      // Nobody waits for one who has gone: its promise would be kept until the stream's end.
      const stopListening = onAbort(signal, () => wake())
      while (!queue.length && !isBehind && !hasEnded && !signal.aborted)
        await new Promise<void>(resolve => {
          wake = resolve
        })
      stopListening()
      if (isBehind) return readStore(after, signal)
      const events = queue
      queue = []
      length = 0
      return { events, closed: hasEnded }
    },
    push(events) {
      if (isBehind) return
      queue.push(...events)
      for (const event of events) length += event.length
      if (length > MAX_AHEAD) {
        isBehind = true
        queue = []
      }
      wake()
    },
    end() {
      hasEnded = true
      wake()
    },
  }
}
