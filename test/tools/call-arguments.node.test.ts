import { expect, it } from 'vitest'
import { plainArguments } from '../../src/tools/call-arguments.ts'

it('arguments are read in linear time, whatever a model that is stuck writes', () => {
  const time = (length: number) => {
    const json = `${' '.repeat(length)}x`
    const { user } = process.cpuUsage()
    for (let i = 0; i < 20; i++) plainArguments(json)
    return process.cpuUsage().user - user
  }
  time(1000)
  // Quadratic work takes 256 times as long.
  expect(time(160_000)).toBeLessThan(64 * Math.max(time(10_000), 200))
})
