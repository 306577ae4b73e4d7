import type { Recorder } from './conventions.ts'
import { orUndefined } from './or-undefined.ts'
import { present } from './present.ts'
import type { Attributes, MeterLike } from './types.ts'

/**
 * Makes instruments as their first measure comes, and records into them. What counts no tokens is a time in seconds, and what tells
 * of usage is a sum. A meter that throws, and none, records nothing.
 */
export function createRecorder(meter: MeterLike | undefined): Recorder {
  const instruments = new Map<string, (value: number, attributes: Attributes) => void>()

  function open(meter: MeterLike, name: string): (value: number, attributes: Attributes) => void {
    const isCount = name.endsWith('tokens')
    const unit = isCount ? '{token}' : 's'
    if (name.includes('.usage.')) {
      const counter = meter.createCounter(name, { unit })
      return (...measure) => counter.add(...measure)
    }
    // The conventions' own bounds: 0.01 s to 82 s, 1 to 67 million tokens.
    const explicitBucketBoundaries = Array.from({ length: 14 }, (_, i) => (isCount ? 4 ** i : 0.01 * 2 ** i))
    const histogram = meter.createHistogram(name, { unit, advice: { explicitBucketBoundaries } })
    return (...measure) => histogram.record(...measure)
  }

  return (name, value, attributes) => {
    if (!meter || value === undefined) return
    orUndefined(() => {
      const record = instruments.get(name) ?? open(meter, name)
      instruments.set(name, record)
      record(value, present(attributes))
    })
  }
}
