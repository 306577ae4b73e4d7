import { describe, expect, it } from 'vitest'
import { mapStream } from '../../src/stream/map-stream.ts'
import { drain, outcome } from '../support/frames.ts'

/** A source under the test's eye. */
function sourceOf<T>(values: readonly T[], error?: unknown) {
  const seen = { nexts: 0, returns: 0 }
  const source: AsyncIterable<T> = {
    [Symbol.asyncIterator]: () => ({
      async next() {
        const value = values[seen.nexts++]
        if (value !== undefined) return { done: false, value }
        if (error) throw error
        return { done: true, value: undefined }
      },
      async return() {
        seen.returns++
        return { done: true, value: undefined }
      },
    }),
  }
  return { seen, source }
}

describe('mapStream', () => {
  it('makes none, one or many values of one', async () => {
    const { source } = sourceOf([0, 1, 3])
    expect(await drain(mapStream(source, count => Array(count).fill(count)))).toEqual({
      values: [1, 3, 3, 3],
    })
  })

  it('gives out the last values of the end', async () => {
    const { source, seen } = sourceOf([1, 2])
    let sum = 0
    const view = mapStream(
      source,
      value => {
        sum += value
        return []
      },
      () => [sum, sum],
    )
    expect(await drain(view)).toEqual({ values: [3, 3] })
    expect(seen.returns).toBe(0)
  })

  it('fails as the source does, without a flush', async () => {
    const error = new Error('broken')
    const { source } = sourceOf([1], error)
    expect(
      await drain(
        mapStream(
          source,
          value => [value],
          () => [9],
        ),
      ),
    ).toEqual({ values: [1], error })
  })

  it('leaves the source when map or flush throws', async () => {
    const { source, seen } = sourceOf([1])
    const error = new Error('mine')
    const fail = (): never => {
      throw error
    }
    expect((await drain(mapStream(source, fail))).error).toBe(error)
    expect(seen.returns).toBe(1)
    expect((await drain(mapStream(sourceOf([]).source, () => [], fail))).error).toBe(error)
  })

  it('F6 leaves the source at once, even while it is waited for', async () => {
    let left = 0
    const view = mapStream(
      {
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise<IteratorResult<number>>(() => {}),
          async return() {
            left++
            return { done: true, value: undefined }
          },
        }),
      },
      value => [value],
    )
    const iterator = view[Symbol.asyncIterator]()
    void iterator.next()
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined })
    expect(left).toBe(1)
  })

  it('F6 leaves a source that cannot be left', async () => {
    const bare = {
      [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false as const, value: 1 }) }),
    }
    for await (const value of mapStream(bare, value => [value])) {
      expect(value).toBe(1)
      break
    }
  })

  it('is over after its end', async () => {
    const iterator = mapStream(sourceOf([1]).source, value => [value])[Symbol.asyncIterator]()
    const results = []
    for (let count = 0; count < 4; count++) results.push((await outcome(iterator.next())).value)
    expect(results.map(result => result?.done)).toEqual([false, true, true, true])
  })

  it('F8 answers calls of next in their order', async () => {
    const { source } = sourceOf([0, 1, 2, 3])
    const iterator = mapStream(source, value => (value ? [value] : []))[Symbol.asyncIterator]()
    const results = await Promise.all(Array.from({ length: 4 }, () => iterator.next()))
    expect(results.map(({ value }) => value)).toEqual([1, 2, 3, undefined])
  })
})
