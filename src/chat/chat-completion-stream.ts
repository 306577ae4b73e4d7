import { IncompleteStreamError } from '../errors/incomplete-stream-error.ts'
import { isLLMError } from '../errors/llm-error.ts'
import type { EventStream, StreamResponse } from '../stream/event-stream.ts'
import { teeStream } from '../stream/tee-stream.ts'
import { createAccumulator } from './accumulate.ts'
import { textStream } from './text-stream.ts'
import { toSSEResponse } from './to-sse-response.ts'
import type { ChatCompletion, ChatCompletionChunk } from './types.ts'

/** What a {@link ChatCompletionStream} may be told. */
export interface ChatCompletionStreamOptions {
  /** Keeps every chunk in `chunks`. @default false */
  readonly keepChunks?: boolean | undefined
}

/**
 * A stream of chunks that folds them while it is read: once, by one of iteration, `text()`, `tee()`, `toResponse()`, or by
 * `completion()` and `collect()`, which may also be called during or after any other reading to wait for what it adds up to.
 * What it throws carries the completion so far as `partial`.
 */
export class ChatCompletionStream implements AsyncIterable<ChatCompletionChunk> {
  /** Settles with the first event, or rejects with what prevented it. */
  readonly response: Promise<StreamResponse>
  /** The chunks read so far, where `keepChunks` asked for them. */
  readonly chunks: readonly ChatCompletionChunk[] = []
  readonly #stream: EventStream<ChatCompletionChunk>
  readonly #accumulator = createAccumulator()
  readonly #keepChunks: boolean
  readonly #completed: Promise<ChatCompletion>
  #resolve!: (completion: ChatCompletion) => void
  #reject!: (error: unknown) => void
  #iterated = false

  constructor(
    stream: EventStream<ChatCompletionChunk>,
    { keepChunks = false }: ChatCompletionStreamOptions = {},
  ) {
    this.#stream = stream
    this.#keepChunks = keepChunks
    this.response = stream.response
    this.#completed = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#completed.catch(() => {})
  }

  /** Ends the request; reading rejects with `reason`, by default an `AbortError` as `fetch` has it. */
  abort(reason?: unknown): void {
    this.#stream.abort(reason)
  }

  [Symbol.asyncIterator](): AsyncIterator<ChatCompletionChunk, undefined> {
    const source = this.#stream[Symbol.asyncIterator]()
    this.#iterated = true
    return {
      next: () => this.#next(source),
      return: async () => {
        this.#leave()
        await source.return?.()
        return { done: true, value: undefined }
      },
    }
  }

  /** The text of the first choice, piece by piece. */
  text(): AsyncIterable<string> {
    return textStream(this)
  }

  /** The whole text of the first choice. */
  async collect(): Promise<string> {
    return (await this.completion()).choices[0]?.message.content ?? ''
  }

  /** The completion that the chunks add up to. */
  async completion(): Promise<ChatCompletion> {
    if (!this.#iterated) for await (const _ of this);
    return this.#completed
  }

  /** Two streams of the same chunks, each read at its own pace; see {@link teeStream}. */
  tee(): [AsyncIterable<ChatCompletionChunk>, AsyncIterable<ChatCompletionChunk>] {
    return teeStream(this)
  }

  /** A streaming `Response` of the chunks; see {@link toSSEResponse}. */
  toResponse(init?: ResponseInit): Response {
    return toSSEResponse(this, init)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leave()
    await this.#stream[Symbol.asyncDispose]()
  }

  async #next(
    source: AsyncIterator<ChatCompletionChunk, undefined>,
  ): Promise<IteratorResult<ChatCompletionChunk, undefined>> {
    try {
      const result = await source.next()
      if (result.done) this.#resolve(this.#accumulator.completion(true))
      else {
        this.#accumulator.add(result.value)
        if (this.#keepChunks) (this.chunks as ChatCompletionChunk[]).push(result.value)
      }
      return result
    } catch (error) {
      this.#reject(this.#withPartial(error))
      await source.return?.()
      throw error
    }
  }

  #leave(): void {
    this.#reject(this.#withPartial(new IncompleteStreamError('The stream was left before its end')))
  }

  #withPartial(error: unknown): unknown {
    if (isLLMError(error)) Reflect.set(error, 'partial', this.#accumulator.completion(false))
    return error
  }
}
