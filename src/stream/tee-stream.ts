import { LimitError } from '../errors/limit-error.ts'
import { inOrder } from './in-order.ts'

/** One of the two readers of a stream that was split. */
interface Half<T> {
  readonly values: T[]
  wake: (() => void) | undefined
  state: 'open' | 'left' | 'overrun'
}

/**
 * Splits a stream into two, each read at its own pace. What one has read and the other has not is kept; when that is more than
 * `maxBuffered` values, the slower one fails with a `LimitError` and the faster goes on. Leaving one does not touch the other;
 * leaving both ends the request.
 *
 * @param options.maxBuffered in values. @default 10_000
 * @example
 * const [shown, kept] = teeStream(streamChatCompletion(client, request))
 */
export function teeStream<T>(
  stream: AsyncIterable<T>,
  { maxBuffered = 10_000 }: { readonly maxBuffered?: number } = {},
): [AsyncIterable<T>, AsyncIterable<T>] {
  const source = stream[Symbol.asyncIterator]()
  const halves: Half<T>[] = [0, 1].map(() => ({ values: [], wake: undefined, state: 'open' }))
  let reading = false
  let end: { readonly error?: unknown } | undefined

  /** One read of the source for whoever waits first; its value goes to both. */
  async function read(): Promise<void> {
    if (reading) return
    reading = true
    try {
      const { done, value } = await source.next()
      if (done) end = {}
      else for (const half of halves) give(half, value)
    } catch (error) {
      end = { error }
    }
    reading = false
    for (const half of halves) half.wake?.()
  }

  function give(half: Half<T>, value: T): void {
    if (half.state === 'open' && half.values.push(value) > maxBuffered) {
      half.state = 'overrun'
      half.values.length = 0
    }
  }

  async function next(half: Half<T>): Promise<IteratorResult<T, undefined>> {
    for (;;) {
      if (half.values.length) return { done: false, value: half.values.shift()! }
      if (half.state === 'overrun')
        throw new LimitError(`This half fell ${maxBuffered} values behind the other`)
      if (end && 'error' in end && half.state === 'open') throw end.error
      if (end || half.state === 'left') return { done: true, value: undefined }
      await new Promise<void>(resolve => {
        half.wake = resolve
        void read()
      })
    }
  }

  async function leave(half: Half<T>): Promise<IteratorResult<T, undefined>> {
    half.state = 'left'
    half.values.length = 0
    half.wake?.()
    if (halves.every(({ state }) => state !== 'open')) await source.return?.()
    return { done: true, value: undefined }
  }

  return halves.map(half => ({
    [Symbol.asyncIterator]: () => ({ next: inOrder(() => next(half)), return: () => leave(half) }),
  })) as unknown as [AsyncIterable<T>, AsyncIterable<T>]
}
