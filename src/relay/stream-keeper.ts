import type { Answering } from './answer.ts'
import { attach } from './log-response.ts'
import { createLogWriter, LOST, STOPPED } from './log-writer.ts'
import { loggedAnswer } from './logged-answer.ts'
import { brokenOff, type Refusal } from './refusal.ts'
import type { RelayStreams, StreamStore } from './stream-store.ts'

/** What a relay does with a store. */
export interface StreamKeeper {
  /** Begins a log; gives a response where there is one to be read, and undefined where the id is another request's. */
  begin(
    id: string,
    mark: string,
    after: number,
    onError: (error: unknown) => unknown,
  ): Promise<KeptLog | Response | undefined>
  /** Answers a reader who comes back; undefined where there is nothing to read any more. */
  attach(id: string, after: number): Promise<Response | undefined>
  stop(id: string): Promise<void>
}

/** A log that is this request's to write. */
export interface KeptLog {
  /** Says that the writer lives. Gives the failure once the log takes no more. */
  renew(): Promise<Refusal | undefined>
  /** Ends the log. One without events is forgotten. */
  close(): Promise<void>
  /** Writes a stream, and hands it to the one who asked. `done` settles when all of it is in the log. */
  keep(
    answering: Answering,
    maxDetachedMs: number,
  ): { readonly response: Response; readonly done: Promise<void> }
}

function createKeeper(store: StreamStore): StreamKeeper {
  const read = (id: string, after: number) =>
    attach((position, signal) => store.read(id, position, signal), after)
  return {
    attach: read,
    stop: id => store.close(id, STOPPED),
    async begin(id, mark, after, onError) {
      let other = await store.create(id, mark)
      if (other === mark) {
        const response = await read(id, after)
        if (response) return response
        // The service had refused, and the log was forgotten: it is asked again.
        other = await store.create(id, mark)
        if (other !== undefined) throw brokenOff('stream_gone', 'The stream is not here any more')
      }
      if (other !== undefined) return undefined
      const writer = createLogWriter(store, id, onError)
      return {
        async renew() {
          if (await writer.renew()) return undefined
          return writer.ending[0] === LOST
            ? brokenOff('writer_lost', 'The relay has lost the stream')
            : brokenOff('stopped', 'The stream was stopped')
        },
        close: writer.close,
        keep: (answering, maxDetachedMs) => loggedAnswer(answering, store, id, writer, maxDetachedMs),
      }
    },
  }
}

/**
 * Makes a store of one's own one that a relay takes. Those of this package are already.
 *
 * @example
 * relay({ ...options, streams: streamStore({ create, append, close, read }) })
 */
export function streamStore<S extends StreamStore>(store: S): S & RelayStreams {
  return Object.assign(store, { keeper: createKeeper(store) })
}
