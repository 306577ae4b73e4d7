import { IncompleteStreamError } from '../errors/incomplete-stream-error.ts'
import { isLLMError } from '../errors/llm-error.ts'
import type { SSEResponseInit } from './event-response.ts'
import type { EventStream, StreamResponse } from './event-stream.ts'
import { handled } from './in-order.ts'
import { teeStream } from './tee-stream.ts'
import { toSSEResponse } from './to-sse-response.ts'

/** Puts the values of a stream together. */
export interface Fold<T, R> {
  add(value: T): void
  /**
   * Gives what the values so far add up to.
   *
   * @param ended whether nothing more can come; throws where that makes no whole then
   */
  result(ended: boolean): R
}

/** Notes on an error what had arrived. */
export function withPartial<T>(error: unknown, fold: Fold<T, unknown>): unknown {
  if (isLLMError(error)) Reflect.set(error, 'partial', fold.result(false))
  return error
}

/** Reads a stream to its end and folds it. What it throws carries what had arrived as `partial`. */
export function foldStream<T, R>(stream: AsyncIterable<T>, fold: Fold<T, R>): Promise<R> {
  const read = async (): Promise<R> => {
    try {
      for await (const value of stream) fold.add(value)
      return fold.result(true)
    } catch (error) {
      throw withPartial(error, fold)
    }
  }
  return handled(read())
}

/** Settings of a {@link FoldedStream}. */
export interface FoldedStreamOptions {
  /** Keeps every value in `chunks`. @default false */
  readonly keepChunks?: boolean | undefined
}

/**
 * A stream that is folded while it is read: once, by iteration or one of its views. What it throws carries what had arrived as
 * `partial`. What has arrived `Soon` may lack what a whole `R` has.
 */
export class FoldedStream<T extends object, R, Soon = R> implements AsyncIterable<T> {
  /** The values read so far, where `keepChunks` asked for them. */
  readonly chunks: readonly T[] = []
  readonly #stream: EventStream<T>
  readonly #fold: Fold<T, R>
  readonly #keepChunks: boolean
  readonly #folded: Promise<R>
  #resolve!: (result: R) => void
  #reject!: (error: unknown) => void
  #isClaimed = false

  constructor(stream: EventStream<T>, fold: Fold<T, R>, { keepChunks = false }: FoldedStreamOptions = {}) {
    this.#stream = stream
    this.#fold = fold
    this.#keepChunks = keepChunks
    this.#folded = handled(
      new Promise((resolve, reject) => {
        this.#resolve = resolve
        this.#reject = reject
      }),
    )
  }

  /** Settles with the first event, or rejects with what prevented it. */
  get response(): Promise<StreamResponse> {
    return this.#stream.response
  }

  /** What has arrived so far, also after an abort: for a stop button. */
  get snapshot(): Soon {
    return this.#fold.result(false) as unknown as Soon
  }

  /** Ends the request; reading rejects with `reason`, by default an `AbortError` as `fetch` has it. */
  abort(reason?: unknown): void {
    this.#stream.abort(reason)
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return this.claim()[Symbol.asyncIterator]()
  }

  /** Two streams of the same values, each read at its own pace; see {@link teeStream}. */
  tee(): [AsyncIterable<T>, AsyncIterable<T>] {
    return teeStream(this.claim())
  }

  /** A streaming `Response` of the values; see {@link toSSEResponse}. */
  toResponse(init?: SSEResponseInit): Response {
    return toSSEResponse(this.claim(), init)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leave()
    await this.#stream[Symbol.asyncDispose]()
  }

  /** Makes the one view of the stream that reads it: from here on, the fold waits for that. */
  protected claim(): AsyncIterable<T> {
    this.#isClaimed = true
    return { [Symbol.asyncIterator]: () => this.#iterate() }
  }

  /** Waits for the fold, and reads the stream where nobody else does. */
  protected folded(): Promise<R> {
    if (!this.#isClaimed) handled(this.#drain(this.claim()))
    return this.#folded
  }

  async #drain(stream: AsyncIterable<T>): Promise<void> {
    for await (const _ of stream);
  }

  #iterate(): AsyncIterator<T, undefined> {
    const source = this.#stream[Symbol.asyncIterator]()
    return {
      next: () => handled(this.#next(source)),
      return: async () => {
        this.#leave()
        await source.return?.()
        return { done: true, value: undefined }
      },
    }
  }

  async #next(source: AsyncIterator<T, undefined>): Promise<IteratorResult<T, undefined>> {
    try {
      const result = await source.next()
      if (result.done) this.#resolve(this.#fold.result(true))
      else {
        this.#fold.add(result.value)
        if (this.#keepChunks) (this.chunks as T[]).push(result.value)
      }
      return result
    } catch (error) {
      this.#reject(withPartial(error, this.#fold))
      await source.return?.()
      throw error
    }
  }

  #leave(): void {
    this.#reject(withPartial(new IncompleteStreamError('The stream was left before its end'), this.#fold))
  }
}
