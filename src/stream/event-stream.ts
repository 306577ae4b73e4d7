import { ValidationError } from '../errors/validation-error.ts'
import { onAbort } from '../internal/abort.ts'
import type { RateLimits } from '../internal/rate-limits.ts'
import type { EventReader } from './event-reader.ts'

/** What a stream came with. */
export interface StreamResponse {
  readonly status: number
  readonly headers: Headers
  /** The service's id for the request (`x-request-id`). */
  readonly requestId: string | undefined
  /** The limits that the service told of in `x-ratelimit-…` headers; empty where it told of none. */
  readonly rateLimits: RateLimits
  /** From the call to the first event, in milliseconds. */
  readonly latencyMs: number
  /** How many requests were sent. */
  readonly attempts: number
}

/**
 * A stream of values, to be iterated once. It ends when the answer is complete, or throws an error that says why it is not;
 * leaving the loop, `abort` and `await using` end the request. The request is sent at once.
 */
export class EventStream<T> implements AsyncIterable<T> {
  /** Settles with the first event, or rejects with what prevented it. */
  readonly response: Promise<StreamResponse>
  readonly #opened: Promise<EventReader<T>>
  readonly #controller = new AbortController()
  #reader: EventReader<T> | undefined
  #iterated = false
  #cancelled = false

  /** @internal */
  constructor(
    open: (signal: AbortSignal) => Promise<StreamResponse & { readonly data: EventReader<T> }>,
    signal?: AbortSignal | null,
  ) {
    const { signal: own } = this.#controller
    const stop = signal ? onAbort(signal, () => this.#controller.abort(signal.reason)) : () => {}
    const opened = open(own)
    this.response = opened.then(({ data, ...response }) => response)
    this.#opened = opened.then(({ data }) => {
      data.watch({ onEnd: stop })
      this.#reader = data
      if (this.#cancelled) data.cancel()
      return data
    })
    // An error is thrown to whoever iterates. Who does not, does not want to know.
    this.response.catch(() => {})
    this.#opened.catch(stop)
  }

  /** Ends the request; the iteration rejects with `reason`, by default an `AbortError` as `fetch` has it. */
  abort(reason?: unknown): void {
    this.#controller.abort(reason)
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    const issues = [{ path: 'stream', message: 'can be iterated once: see teeStream' }]
    if (this.#iterated) throw new ValidationError('The stream is being read already', { issues })
    this.#iterated = true
    let last: Promise<unknown> = this.#opened
    let queued = 0
    const read = async (): Promise<IteratorResult<T, undefined>> => {
      queued--
      try {
        return await (await this.#opened).next()
      } catch (error) {
        if (this.#cancelled) return { done: true, value: undefined }
        throw error
      }
    }
    const next = (reader: EventReader<T>): Promise<IteratorResult<T, undefined>> => {
      try {
        const value = reader.take()
        return value === undefined ? reader.next() : Promise.resolve({ done: false, value })
      } catch (error) {
        return Promise.reject(error)
      }
    }
    return {
      next: () => {
        const reader = this.#reader
        // The short way, which a stream takes most of the time. Calls that overlap are answered in order.
        const free = reader && !reader.busy && !queued
        const result = free ? next(reader) : last.then(read, read)
        if (!free) queued++
        last = result
        return result
      },
      return: async () => {
        this.#cancel()
        return { done: true, value: undefined }
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancel()
  }

  #cancel(): void {
    this.#cancelled = true
    if (this.#reader) this.#reader.cancel()
    else this.#controller.abort()
  }
}
