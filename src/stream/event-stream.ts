import { cancelDropped, keepDropped } from '../call/cancel-dropped.ts'
import { isWorker } from '../call/is-worker.ts'
import { abortWith, linked } from '../call/signals.ts'
import type { CallOptions, Client, Operation, WithResponse } from '../client/types.ts'
import { addReader } from '../errors/llm-error.ts'
import { refuse } from '../errors/validation-error.ts'
import { inOrder } from './in-order.ts'
import type { EventReader } from './sse-reader.ts'

/** What a stream came with. `latencyMs` is the time from the call to the first event. */
export type StreamResponse = Omit<WithResponse<unknown>, 'data'>

/**
 * A stream of values, to be iterated once. It ends when the answer is complete, or throws an error that says why it is not;
 * leaving the loop, `abort` and `await using` end the request. The request is sent at once.
 */
export interface EventStream<T> extends AsyncIterable<T> {
  /** Settles with the first event, or rejects with what prevented it. */
  readonly response: Promise<StreamResponse>
  [Symbol.asyncIterator](): AsyncIterator<T, undefined>
  /** Ends the request; the iteration rejects with `reason`, by default an `AbortError` as `fetch` has it. */
  abort(reason?: unknown): void
  [Symbol.asyncDispose](): Promise<void>
}

/** The iterators with a `next` under way: whoever waits for one has not dropped it, even where nothing else refers to it. */
const waiting: Set<object> = /* @__PURE__ */ new Set()

/** The request behind a stream. Nothing here holds the stream itself, so that it can be collected while bytes are waited for. */
interface Source<T> {
  readonly opened: Promise<EventReader<T>>
  readonly response: Promise<StreamResponse>
  /** The reader, once it is there. */
  reader: EventReader<T> | undefined
  isCancelled: boolean
  /** Whether somebody has asked for the response. */
  isAwaited: boolean
  readonly controller: AbortController
  cancel(): void
  /** Cancels what nobody can read any more, but not what the response still waits for. */
  drop(): void
}

/** Sends the request of a stream, and waits for its first event. */
export type OpenStream<T> = (
  signal: AbortSignal,
) => Promise<StreamResponse & { readonly data: EventReader<T> }>

function openSource<T>(open: OpenStream<T>, signal: AbortSignal | null | undefined): Source<T> {
  const { controller, unlink } = linked(signal)
  const exchanged = open(controller.signal)
  function end(): void {
    unlink()
    keepDropped(source.drop)
  }
  const source: Source<T> = {
    reader: undefined,
    isCancelled: false,
    isAwaited: false,
    controller,
    response: exchanged.then(({ data, ...around }) => around),
    opened: exchanged.then(({ data }) => {
      data.watch({ end })
      source.reader = data
      if (source.isCancelled) data.cancel()
      return data
    }),
    cancel() {
      source.isCancelled = true
      if (source.reader) source.reader.cancel()
      else controller.abort()
    },
    drop() {
      source.isCancelled = true
      if (source.reader || !source.isAwaited) source.cancel()
    },
  }
  // An error is thrown to whoever iterates. Who does not, does not want to know.
  source.response.catch(end)
  source.opened.catch(end)
  return source
}

/** @param begun holds the stack of whoever reads: an error is made when nobody of theirs is on it */
function iterate<T>(source: Source<T>, begun: Error): AsyncIterator<T, undefined> {
  const iterator: AsyncIterator<T, undefined> = {
    next: inOrder<IteratorResult<T, undefined>>(
      async () => {
        // A Worker's request may end here without a word.
        if (!isWorker()) waiting.add(iterator)
        try {
          return await (await source.opened).next()
        } catch (error) {
          if (source.isCancelled) return { done: true, value: undefined }
          throw addReader(error, begun, source.controller.signal)
        } finally {
          waiting.delete(iterator)
        }
      },
      () => {
        const value = source.reader?.take()
        return value === undefined ? undefined : { done: false, value }
      },
    ),
    async return() {
      source.cancel()
      return { done: true, value: undefined }
    },
  }
  cancelDropped(iterator, source.drop)
  return iterator
}

/** Makes a stream of what `open` begins at once. */
export function createEventStream<T>(open: OpenStream<T>, signal?: AbortSignal | null): EventStream<T> {
  const source = openSource(open, signal)
  let isIterated = false
  const stream: EventStream<T> = {
    get response() {
      source.isAwaited = true
      return source.response
    },
    abort: reason => abortWith(source.controller, reason),
    [Symbol.asyncIterator]() {
      if (isIterated) refuse('stream', 'can be read once: see teeStream')
      isIterated = true
      keepDropped(source.drop)
      return iterate(source, new Error('Read by'))
    },
    async [Symbol.asyncDispose]() {
      source.cancel()
    },
  }
  cancelDropped(stream, source.drop)
  return stream
}

/**
 * Asks for a stream at once.
 *
 * @example
 * const events = openStream<{ type: string }>(client, {
 *   name: 'watch', route: 'GET /watch', stream: 'asked', read: readEvents(['done']),
 * })
 */
export function openStream<T>(
  client: Client,
  operation: Operation<EventReader<T>> | (() => Operation<EventReader<T>>),
  options?: CallOptions,
): EventStream<T> {
  return createEventStream(
    signal => client.request(operation, { ...options, signal }).withResponse(),
    options?.signal,
  )
}
