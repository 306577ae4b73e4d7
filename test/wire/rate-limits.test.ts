import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createChatCompletion, rateLimits } from '../../src/index.ts'
import { chatRequest, clientOf, completion, json } from '../client/harness.ts'

const NOW = Date.UTC(2025, 2, 7)

function resetOf(text: string): number | undefined {
  return rateLimits(new Headers({ 'x-ratelimit-reset-requests': text })).requests?.reset
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('rateLimits', () => {
  it('reads what OpenAI and Groq send', () => {
    const headers = new Headers({
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-limit-tokens': '150000',
      'x-ratelimit-remaining-requests': '59',
      'x-ratelimit-remaining-tokens': '149984',
      'x-ratelimit-reset-requests': '1s',
      'x-ratelimit-reset-tokens': '6m0s',
    })
    expect(rateLimits(headers)).toEqual({
      requests: { limit: 60, remaining: 59, reset: 1000 },
      tokens: { limit: 150_000, remaining: 149_984, reset: 360_000 },
    })
  })

  it('reads what OpenRouter sends', () => {
    const headers = new Headers({
      'x-ratelimit-limit': '20',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': `${NOW + 5000}`,
    })
    expect(rateLimits(headers)).toEqual({ requests: { limit: 20, remaining: 0, reset: 5000 } })
  })

  it('reads limits with a window in their names (Cerebras, Mistral)', () => {
    const headers = new Headers({
      'x-ratelimit-limit-tokens-minute': '60000',
      'x-ratelimit-remaining-tokens-minute': '59000',
      'x-ratelimit-reset-tokens-minute': '11.38',
      'x-ratelimit-limit-req-minute': '30',
      'x-ratelimit-remaining-requests-day': '900',
    })
    expect(rateLimits(headers)).toEqual({
      tokens: { limit: 60_000, remaining: 59_000, reset: 11_380 },
      requests: { limit: 30, remaining: 900 },
    })
  })

  it('reads the header of the draft standard', () => {
    expect(rateLimits(new Headers({ ratelimit: '"default";r=50;t=30' }))).toEqual({
      requests: { remaining: 50, reset: 30_000 },
    })
    for (const text of ['', 'default', '"a";t=30', `"a";r=${'9'.repeat(400)}`])
      expect(rateLimits(new Headers({ ratelimit: text }))).toEqual({})
  })

  it.each([
    ['0', 0],
    ['0s', 0],
    ['1', 1000],
    ['7.66s', 7660],
    ['120ms', 120],
    ['1.5ms', 2],
    ['2m59.56s', 179_560],
    ['1m120ms', 60_120],
    ['24h0m0s', 86_400_000],
    [`${NOW / 1000 + 7}`, 7000],
    [`${NOW + 7}`, 7],
  ])('takes a reset of %s for %d ms', (text, ms) => {
    expect(resetOf(text)).toBe(ms)
  })

  it.each([
    '',
    '-1',
    'soon',
    '1.2.3s',
    '5 apples',
    '1e3',
    '0x10',
    's',
    'ms',
    '1s2m',
    'NaN',
    'Infinity',
    '9'.repeat(400),
    '2025-03-07T00:00:00Z',
    `${NOW - 1000}`,
    '60, 60;w=1',
  ])('takes a reset of %s for absent', text => {
    expect(rateLimits(new Headers({ 'x-ratelimit-reset': text }))).toEqual({})
  })

  it.each(['', '-1', 'unlimited', '1e3', '0x10', '9'.repeat(400), '60, 60;w=1'])(
    'takes a limit of %s for absent',
    text => {
      expect(rateLimits(new Headers({ 'x-ratelimit-limit': text }))).toEqual({})
    },
  )

  it('does not take other headers for limits', () => {
    const headers = new Headers({
      'x-ratelimit-limit-__proto__': '1',
      'x-ratelimit-limit-constructor': '1',
      'x-ratelimit-limit-requestsx': '1',
      'ax-ratelimit-limit': '1',
      'x-ratelimit': '1',
      'retry-after': '1',
    })
    expect(rateLimits(headers)).toEqual({})
    expect(({} as { limit?: number }).limit).toBeUndefined()
  })

  it('never gives anything but finite numbers from 0', () => {
    const text = fc.oneof(
      fc.stringMatching(/^[\d.hms -]{0,12}$/),
      fc.stringMatching(/^[ -~]{0,20}$/),
      fc.double().map(String),
    )
    const field = fc.constantFrom('limit', 'remaining', 'reset')
    fc.assert(
      fc.property(field, text, (name, value) => {
        const { tokens } = rateLimits(new Headers({ [`x-ratelimit-${name}-tokens`]: value }))
        const numbers = Object.values(tokens ?? {})
        expect(numbers.every(number => Number.isFinite(number) && number >= 0)).toBe(true)
      }),
    )
  })
})

describe('an answer', () => {
  it('has its limits in its headers', async () => {
    const sent = { 'x-ratelimit-remaining-requests': '59', 'x-ratelimit-reset-requests': '2s' }
    const client = clientOf(async () => json(completion, { headers: sent }))
    const { headers } = await createChatCompletion(client, chatRequest).withResponse()
    expect(rateLimits(headers)).toEqual({ requests: { remaining: 59, reset: 2000 } })
  })

  it('has none where the service tells of none', async () => {
    const client = clientOf(async () => json(completion))
    const { headers } = await createChatCompletion(client, chatRequest).withResponse()
    expect(rateLimits(headers)).toEqual({})
  })
})
