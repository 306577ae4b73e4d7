import type { Recorder } from './conventions.ts'
import { present } from './present.ts'
import type { Attributes, MeterLike } from './types.ts'

/** Makes instruments as their first measure comes, and records into them. What counts no tokens is a time in seconds. */
export function createRecorder(meter: MeterLike): Recorder {
  const instruments = new Map<string, { readonly record: (value: number, attributes: Attributes) => void }>()
  return (name, value, attributes, isSum) => {
    if (value === undefined) return
    let instrument = instruments.get(name)
    if (!instrument) {
      const isCount = name.endsWith('tokens')
      const unit = isCount ? '{token}' : 's'
      // The conventions' own bounds: 0.01 s to 82 s, 1 to 67 million tokens.
      const explicitBucketBoundaries = Array.from({ length: 14 }, (_, i) =>
        isCount ? 4 ** i : 0.01 * 2 ** i,
      )
      const counter = isSum && meter.createCounter(name, { unit })
      instrument = counter
        ? { record: (value, attributes) => counter.add(value, attributes) }
        : meter.createHistogram(name, { unit, advice: { explicitBucketBoundaries } })
      instruments.set(name, instrument)
    }
    instrument.record(value, present(attributes))
  }
}
