/** What is known of a series of measures. All but `count` are undefined where there was none yet. */
export interface Summary {
  readonly count: number
  readonly mean: number | undefined
  readonly min: number | undefined
  readonly max: number | undefined
  /** Percentiles by nearest rank, at most 2 % off. */
  readonly p50: number | undefined
  readonly p90: number | undefined
  readonly p99: number | undefined
}

/** A series of measures in bounded memory. */
export interface Histogram {
  /** Takes a measure in; what is below 0.001 or above 10^9 counts as that. */
  record(value: number): void
  summary(): Summary
}

/** The logarithm of 1.04: each bucket is 4 % wider than the one below, and tells its middle: the root of 1.04 is how far off that may be. */
const WIDTH = 0.039_220_713_153_281_33

/** A histogram of at most 706 buckets, however many measures it has seen. */
export function createHistogram(): Histogram {
  const buckets = new Map<number, number>()
  let count = 0
  let sum = 0
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY

  function percentile(share: number): number | undefined {
    let left = Math.ceil(count * share)
    for (const [bucket, size] of [...buckets].sort(([a], [b]) => a - b)) {
      left -= size
      if (left <= 0) return Math.min(max, Math.max(min, Math.exp(bucket * WIDTH)))
    }
    return undefined
  }

  return {
    record(given) {
      const value = Math.min(Math.max(given, 1e-3), 1e9)
      const bucket = Math.round(Math.log(value) / WIDTH)
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1)
      count++
      sum += value
      min = Math.min(min, value)
      max = Math.max(max, value)
    },
    summary() {
      const of = (value: number) => (count ? value : undefined)
      return {
        count,
        mean: of(sum / count),
        min: of(min),
        max: of(max),
        p50: percentile(0.5),
        p90: percentile(0.9),
        p99: percentile(0.99),
      }
    },
  }
}
