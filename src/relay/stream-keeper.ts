import { attach } from './log-response.ts'
import { createLogWriter, LOST, STOPPED } from './log-writer.ts'
import { loggedAnswer } from './logged-answer.ts'
import { brokenOff } from './refusal.ts'
import type { RelayStreams, StreamKeeper, StreamStore } from './stream-store.ts'

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
