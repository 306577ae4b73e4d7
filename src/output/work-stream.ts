import { addReader } from '../errors/llm-error.ts'
import { supervise } from './supervise.ts'

/** What some work gives out while it is done, and its result at the end. Leaving the loop ends the work at once. */
export interface WorkStream<T, Result> {
  /** The next value. Once all is done, `value` is the result, however often it is asked for. */
  next(): Promise<IteratorResult<T, Result>>
  /** Ends the work, and everything that it waits for. */
  return(): Promise<IteratorResult<T, Result>>
  [Symbol.asyncIterator](): WorkStream<T, Result>
}

/** Gives out a value, and waits until its reader asks for the next one. */
export type Emit<T> = (value: T) => Promise<void>

/**
 * Begins some work when it is first read, and goes on with it by demand: while its reader is busy with a value, nothing is read
 * from the service and no tool begins. An async generator would do the same, but finish its current wait before it can be left.
 */
export function workStream<T, Result>(
  outer: AbortSignal | null | undefined,
  work: (signal: AbortSignal, emit: Emit<T>) => Promise<Result>,
): WorkStream<T, Result> {
  const own = new AbortController()
  /** Holds the stack of the caller: an error is made when nobody of theirs is on it. */
  const begun = new Error('Read by')
  let waiting: (() => void)[] = []
  let isBegun = false
  let result: Result

  async function begin(controller: ReadableStreamDefaultController<T>): Promise<void> {
    isBegun = true
    const emit: Emit<T> = value =>
      new Promise(resolve => {
        // Before the value, which another read may be waiting behind.
        waiting.push(resolve)
        controller.enqueue(value)
      })
    try {
      result = await supervise(own, outer, () => work(own.signal, emit))
      controller.close()
    } catch (error) {
      // It may be over already: then this is the end of work that was left.
      controller.error(addReader(error, begun, outer))
    }
  }

  const reader = new ReadableStream<T>(
    {
      pull(controller) {
        if (!isBegun) begin(controller)
        for (const resume of waiting) resume()
        waiting = []
      },
      cancel: () => own.abort(),
    },
    { highWaterMark: 0 },
  ).getReader()

  return {
    async next() {
      const { done, value } = await reader.read()
      return done ? { done, value: result } : { done, value }
    },
    async return() {
      // That of a stream that has failed rejects.
      await reader.cancel().catch(() => {})
      return { done: true, value: result }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
