import { expect, it } from 'vitest'
import { createRenamer } from '../../src/wire/shapes.ts'
import { collectGarbage } from '../support/collect-garbage.ts'

it('forgets the shapes of a stream rather than keep names without end', async () => {
  const rename = createRenamer()
  const ones = (prefix: string, count: number): { [name: string]: unknown } =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}_${i}x`, 1]))
  // Each event is of another shape at another position, and leaves those at the others as they are.
  const eventAt = (place: number) => ({
    ...ones('k', 50),
    [`k_${place % 50}x`]: { ...ones('l', 50), [`l_${Math.floor(place / 50)}x`]: ones(`n_${place}x`, 200) },
  })
  await collectGarbage()
  const before = process.memoryUsage().heapUsed
  for (let place = 0; place < 2500; place++) rename(eventAt(place))
  await collectGarbage()
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(10_000_000)
  expect(rename({ a_b: 1 })).toEqual({ aB: 1 })
})
