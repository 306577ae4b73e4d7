import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { retryAfter } from '../../src/wire/retry-after.ts'

const NOW = Date.UTC(2025, 5, 1, 12, 0, 0)

function asked(headers: Record<string, string>): number | undefined {
  return retryAfter(new Headers(headers))
}

/** The forms of a date in HTTP, RFC 9110, 5.6.7. */
function formsOf(time: number): string[] {
  const date = new Date(time)
  const [day, dayOfMonth, month, year, clock] = date.toUTCString().replace(',', '').split(' ')
  const long = date.toLocaleDateString('en-US', { weekday: 'long', timeZone: 'UTC' })
  return [
    date.toUTCString(),
    `${long}, ${dayOfMonth}-${month}-${year!.slice(2)} ${clock} GMT`,
    `${day} ${month} ${String(Number(dayOfMonth)).padStart(2)} ${clock} ${year}`,
  ]
}

describe('retryAfter', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: NOW })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('takes milliseconds before seconds before the reset of the limit', () => {
    expect(asked({ 'retry-after-ms': '15', 'retry-after': '2', 'ratelimit-reset': '9' })).toBe(15)
    expect(asked({ 'retry-after': '2', 'ratelimit-reset': '9' })).toBe(2000)
    expect(asked({ 'ratelimit-reset': '9' })).toBe(9000)
    expect(asked({})).toBeUndefined()
  })

  it('takes zero for zero', () => {
    expect(asked({ 'retry-after': '0' })).toBe(0)
    expect(asked({ 'retry-after-ms': '0', 'retry-after': '5' })).toBe(0)
  })

  it('takes fractions, of seconds too: a wait that is not understood would be an early retry', () => {
    expect(asked({ 'retry-after-ms': '1.5' })).toBe(1.5)
    expect(asked({ 'retry-after': '299.5' })).toBe(299_500)
    expect(asked({ 'retry-after': '0.503' })).toBe(503)
    expect(asked({ 'ratelimit-reset': '2.5' })).toBe(2500)
    for (const value of ['.5', '1.', '1.5.5', '1,5', '-0.5'])
      expect([value, asked({ 'retry-after': value })]).toEqual([value, undefined])
  })

  it.each([
    ['61', 61_000],
    ['999999', 999_999_000],
    [' 1 ', 1000],
  ])('takes %j seconds', (value, ms) => {
    expect(asked({ 'retry-after': value })).toBe(ms)
  })

  it.each([
    '-1',
    'NaN',
    'Infinity',
    '1e9',
    '0x10',
    '1, 2',
    '',
    '+5',
    '10000000000000',
    '9'.repeat(400),
    '2025-06-01T12:00:05Z',
    'Invalid Date GMT',
    'Tomorrow',
    'Sun, 99 Foo 2025 12:00:00 GMT',
    'null',
    'true',
    '1 second',
  ])('takes %j for absent, and never for zero', value => {
    expect(asked({ 'retry-after': value })).toBeUndefined()
    expect(asked({ 'retry-after-ms': value })).toBeUndefined()
    expect(asked({ 'ratelimit-reset': value })).toBeUndefined()
    expect(asked({ 'retry-after-ms': value, 'retry-after': '3' })).toBe(3000)
    expect(asked({ 'retry-after': value, 'ratelimit-reset': '4' })).toBe(4000)
  })

  it('takes the three forms of a date as GMT', () => {
    for (const date of formsOf(NOW + 5000))
      expect([date, asked({ 'retry-after': date })]).toEqual([date, 5000])
  })

  it('takes a date that is over for no wait', () => {
    for (const date of formsOf(NOW - 5000)) expect(asked({ 'retry-after': date })).toBe(0)
  })

  it('compares with the date of the answer, where the clock here is wrong', () => {
    for (const skew of [-3_600_000, 0, 3_600_000]) {
      const date = new Date(NOW + skew).toUTCString()
      expect(asked({ date, 'retry-after': new Date(NOW + skew + 7000).toUTCString() })).toBe(7000)
    }
    expect(asked({ date: 'nonsense', 'retry-after': new Date(NOW + 7000).toUTCString() })).toBe(7000)
  })

  it('does not take another header for an answer', () => {
    expect(asked({ 'x-ratelimit-reset-tokens': '6m0s', 'x-ratelimit-reset-requests': '6ms' })).toBeUndefined()
  })

  it('reads a hostile value in time that grows with its length and no faster', { retry: 2 }, () => {
    vi.useRealTimers()
    const time = (length: number): number => {
      const started = performance.now()
      for (const value of [`Sun, ${':00 '.repeat(length / 4)}`, `A${'a'.repeat(length)}`, '1'.repeat(length)])
        for (let round = 0; round < 20; round++)
          expect(asked({ 'retry-after': value, 'retry-after-ms': value, date: value })).toBeUndefined()
      return performance.now() - started
    }
    time(10_000)
    const ratios = [1, 2, 3, 4, 5].map(() => time(80_000) / time(20_000)).sort((a, b) => a - b)
    expect(ratios[2]).toBeLessThan(10)
  })
})
