import { digest, toHex } from '../wire/digest.ts'
import { attach } from './log-response.ts'
import { createLogWriter, LOST, STOPPED } from './log-writer.ts'
import { loggedAnswer } from './logged-answer.ts'
import type { Answering } from './pass-on.ts'
import { incomplete, Refusal } from './refusal.ts'
import { storeTime } from './store-time.ts'
import type { RelayStreams, StreamStore } from './stream-store.ts'

/** What a relay does with a store. */
export interface StreamKeeper {
  /**
   * Begins a log; gives a response where there is one to be read. A store that fails is no reason to answer nothing: then there is
   * neither.
   *
   * @param request tells the request apart from another with the same id
   * @throws {Refusal} where the id is another request's
   */
  begin(
    id: string,
    request: string,
    after: number,
    onError: (error: unknown) => unknown,
  ): Promise<KeptLog | Response | undefined>
  /**
   * Answers a reader who comes back, by GET, and who stops a stream, by DELETE.
   *
   * @param abort ends the request whose stream was stopped, where it can be reached from here
   * @throws {Refusal} where there is nothing to read any more
   */
  use(
    method: string,
    id: string | undefined,
    after: number,
    onError: (error: unknown) => unknown,
    abort: (id: string, reason: Refusal) => void,
  ): Promise<Response>
}

/** A log that is this request's to write. */
interface KeptLog {
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

const gone = () => incomplete('stream_gone', 'The stream is not here any more')
const stopped = () => incomplete('stopped', 'The stream was stopped')

/** A store whose steps end in time. A read waits for what is yet to come. */
function timed(store: StreamStore): StreamStore {
  return {
    create: (...given) => storeTime(store.create(...given)),
    append: (...given) => storeTime(store.append(...given)),
    close: (...given) => storeTime(store.close(...given)),
    read: (...given) => store.read(...given),
  }
}

function createKeeper(given: StreamStore): StreamKeeper {
  const store = timed(given)
  const read = (id: string, after: number) =>
    attach((position, signal) => store.read(id, position, signal), after)

  /** Gives the log that there is to read; undefined where it is the caller's to write. */
  async function findOther(id: string, mark: string, after: number): Promise<Response | undefined> {
    let other = await store.create(id, mark)
    if (other === mark) {
      const response = await read(id, after)
      if (response) return response
      // The service had refused, and the log was forgotten: it is asked again.
      other = await store.create(id, mark)
      if (other !== undefined) throw gone()
    }
    if (other !== undefined)
      throw new Refusal(422, 'key_reused', 'The idempotency-key has been used for another request')
    if (after) {
      // Its reader has the beginning of an answer that was forgotten: another one's events would not fit behind it.
      await store.close(id)
      throw gone()
    }
    return undefined
  }

  return {
    async begin(id, request, after, onError) {
      try {
        const response = await findOther(id, toHex(await digest(request)), after)
        if (response) return response
      } catch (error) {
        if (error instanceof Refusal) throw error
        return void onError(error)
      }
      const writer = createLogWriter(store, id, onError)
      return {
        async renew() {
          if (await writer.renew()) return undefined
          return writer.ending[0] === LOST
            ? incomplete('writer_lost', 'The relay has lost the stream')
            : stopped()
        },
        close: writer.close,
        keep: (answering, maxDetachedMs) => loggedAnswer(answering, store, id, writer, maxDetachedMs),
      }
    },
    async use(method, id, after, onError, abort) {
      if (!id) throw new Refusal(400, 'bad_key', 'A stream is read and stopped by its idempotency-key')
      let response: Response | undefined
      try {
        if (method === 'GET') response = await read(id, after)
        else {
          await store.close(id, STOPPED)
          abort(id, stopped())
          response = new Response(null, { status: 204 })
        }
      } catch (error) {
        onError(error)
        throw new Refusal(503, 'store_failed', 'The stream cannot be reached now', {
          headers: { 'retry-after': '1' },
        })
      }
      if (!response) throw gone()
      return response
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
