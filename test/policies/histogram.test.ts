import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createHistogram } from '../../src/policies/histogram.ts'

/** The percentile by nearest rank, of all values. */
function exact(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.ceil(values.length * share) - 1]!
}

function summaryOf(values: readonly number[]) {
  const histogram = createHistogram()
  for (const value of values) histogram.record(value)
  return histogram.summary()
}

describe('createHistogram', () => {
  it('knows nothing of nothing', () => {
    const unknown = { mean: undefined, min: undefined, max: undefined }
    const none = { p50: undefined, p90: undefined, p99: undefined }
    expect(summaryOf([])).toEqual({ count: 0, ...unknown, ...none })
  })

  it('tells one value as it is', () => {
    expect(summaryOf([812])).toEqual({
      count: 1,
      mean: 812,
      min: 812,
      max: 812,
      p50: 812,
      p90: 812,
      p99: 812,
    })
  })

  it('is at most 2 % off, whatever the values', () => {
    // Spread over all sizes, as times are.
    const value = fc.double({ min: -3, max: 9, noNaN: true }).map(power => 10 ** power)
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 500 }), values => {
        const { p50, p90, p99, count, min, max, mean } = summaryOf(values)
        const shares = [
          [p50, 0.5],
          [p90, 0.9],
          [p99, 0.99],
        ] as const
        for (const [estimate, share] of shares)
          expect(Math.abs(estimate! / exact(values, share) - 1)).toBeLessThan(0.02)
        expect([count, min, max]).toEqual([values.length, Math.min(...values), Math.max(...values)])
        const sum = values.reduce((total, value) => total + value, 0)
        expect(mean! / (sum / values.length)).toBeCloseTo(1, 9)
      }),
    )
  })

  it('takes what is too small or too large for the smallest and the largest', () => {
    const { min, max, p50, p99 } = summaryOf([0, -5, 1e-9, 1e300])
    expect([min, max]).toEqual([0.001, 1e9])
    expect(p50).toBeCloseTo(0.001, 4)
    expect(p99! / 1e9).toBeCloseTo(1, 1)
  })

  it('needs no more memory for more values', () => {
    const buckets = new Set<number>()
    const { set } = Map.prototype
    Map.prototype.set = function (key, value) {
      if (typeof key === 'number') buckets.add(key)
      return set.call(this, key, value)
    }
    try {
      const histogram = createHistogram()
      for (let power = -5; power < 12; power += 0.0005) histogram.record(10 ** power)
    } finally {
      Map.prototype.set = set
    }
    expect(buckets.size).toBeGreaterThan(600)
    expect(buckets.size).toBeLessThanOrEqual(706)
  })
})
