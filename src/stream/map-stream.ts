/**
 * A view of a stream: `map` makes any number of values of each of its values, `flush` the last ones of its end. Leaving the
 * view's loop leaves the stream's, at once: an async generator would first wait for the value it is at.
 */
export function mapStream<T, U>(
  stream: AsyncIterable<T>,
  map: (value: T) => readonly U[],
  flush: () => readonly U[] = () => [],
): AsyncIterable<U> {
  return {
    [Symbol.asyncIterator]() {
      const source = stream[Symbol.asyncIterator]()
      const values: U[] = []
      let ended = false
      let last: Promise<unknown> | undefined
      const next = async (): Promise<IteratorResult<U, undefined>> => {
        while (!values.length && !ended) {
          const { done, value } = await source.next()
          // Left meanwhile: that is not the end of the stream.
          if (ended) break
          ended = !!done
          try {
            values.push(...(done ? flush() : map(value)))
          } catch (error) {
            await source.return?.()
            throw error
          }
        }
        return values.length ? { done: false, value: values.shift()! } : { done: true, value: undefined }
      }
      return {
        next() {
          // Calls that do not wait for each other are answered in order.
          const result = last ? last.then(next, next) : next()
          last = result
          return result
        },
        async return() {
          ended = true
          values.length = 0
          await source.return?.()
          return { done: true, value: undefined }
        },
      }
    },
  }
}
