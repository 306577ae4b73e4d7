import { leave } from './answer.ts'
import { createLiveReader } from './live-reader.ts'
import { streamLog } from './log-response.ts'
import { type LogWriter, STOPPED } from './log-writer.ts'
import { isEvent } from './meter.ts'
import { type Answering, passOn } from './pass-on.ts'
import type { StreamStore } from './stream-store.ts'

/** A stream that is written to a log and outlives its reader. */
export interface LoggedAnswer {
  readonly response: Response
  /** Settles when the service's answer is over, and all of it in the log. */
  readonly done: Promise<void>
}

/**
 * Writes a stream to its log, at the pace of the service, and hands it to the one who asked. When that one leaves it goes on for
 * `maxDetachedMs`.
 */
export function loggedAnswer(
  answering: Answering,
  store: StreamStore,
  id: string,
  writer: LogWriter,
  maxDetachedMs: number,
): LoggedAnswer {
  const { close, upstream } = answering
  const { blocks, outcome } = passOn(answering)
  const live = createLiveReader((after, signal) => store.read(id, after, signal))
  let timer: ReturnType<typeof setTimeout> | undefined
  let isOver = false

  async function write(): Promise<void> {
    for await (const some of blocks) {
      const events = some.filter(isEvent)
      if (!events.length) continue
      live.push(events)
      if (await writer.write(events)) continue
      // One who stopped the stream here has been told already.
      if (events.at(-1) !== writer.ending.at(-1)) live.push(writer.ending)
      break
    }
    live.end()
    await writer.close()
    isOver = true
    clearTimeout(timer)
    await close(writer.ending[0] === STOPPED ? 'stopped' : outcome())
  }

  function onLeave(): void {
    if (writer.isBroken) leave(upstream)
    else if (!isOver) timer = setTimeout(() => leave(upstream), maxDetachedMs)
  }

  return { done: write(), response: streamLog(live.read, 0, undefined, onLeave) }
}
