import { inOrder } from './in-order.ts'

/**
 * A view of a stream: `map` makes any number of values of each of its values, `flush` the last ones of its end. Leaving the
 * view's loop leaves the stream's, at once: an async generator would first wait for the value it is at.
 *
 * @param fail is told of what ends the stream early, before the reader is
 */
export function mapStream<T, U>(
  stream: AsyncIterable<T>,
  map: (value: T) => readonly U[],
  flush: () => readonly U[] = () => [],
  fail: (error: unknown) => unknown = () => {},
): AsyncIterable<U> {
  return {
    [Symbol.asyncIterator]() {
      const source = stream[Symbol.asyncIterator]()
      let values: readonly U[] = []
      let index = 0
      let ended = false
      const next = async (): Promise<IteratorResult<U, undefined>> => {
        while (index >= values.length && !ended) {
          let result: IteratorResult<T>
          try {
            result = await source.next()
          } catch (error) {
            fail(error)
            throw error
          }
          const { done, value } = result
          // Left meanwhile: that is not the end of the stream.
          if (ended) break
          ended = !!done
          index = 0
          try {
            values = done ? flush() : map(value)
          } catch (error) {
            values = []
            ended = true
            await source.return?.()
            throw error
          }
        }
        return index < values.length
          ? { done: false, value: values[index++]! }
          : { done: true, value: undefined }
      }
      return {
        next: inOrder(next),
        async return() {
          ended = true
          values = []
          await source.return?.()
          return { done: true, value: undefined }
        },
      }
    },
  }
}
