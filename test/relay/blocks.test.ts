import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSplitter } from '../../src/relay/blocks.ts'

/** What a splitter makes of the pieces of a text. */
function split(pieces: readonly string[], maxChars = 1e6): string[] {
  const feed = createSplitter(maxChars)
  return [...pieces.flatMap(piece => feed(piece)), ...feed(undefined)]
}

describe('the splitter of an event stream', () => {
  it.each([
    ['data: a\n\ndata: b\n\n', ['data: a\n\n', 'data: b\n\n']],
    ['data: a\r\n\r\ndata: b\r\n\r\n', ['data: a\r\n\r\n', 'data: b\r\n\r\n']],
    ['data: a\r\rdata: b\r\r', ['data: a\r\r', 'data: b\r\r']],
    ['data: a\ndata: b\n\n: c\n\n', ['data: a\ndata: b\n\n', ': c\n\n']],
    ['data: a\r\n\ndata: b\n\r\n', ['data: a\r\n\n', 'data: b\n\r\n']],
    ['data: a\n\ndata: b', ['data: a\n\n', 'data: b\n\n']],
    ['data: a\r\ndata: b\r\n', ['data: a\r\ndata: b\n\n']],
    ['', []],
    ['\n', []],
  ])('cuts %j into its events', (text, blocks) => {
    expect(split([text])).toEqual(blocks)
  })

  it('loses no character and finds the same events, however the text is cut', () => {
    const line = fc.constantFrom('data: a', ': ping', 'event: x', 'data: é\u2028b', 'id')
    const end = fc.constantFrom('\n', '\r\n', '\r')
    const text = fc
      .array(fc.tuple(line, end, fc.boolean()), { maxLength: 12 })
      .map(lines => lines.map(([text, end, isLast]) => text + end + (isLast ? end : '')).join(''))
    const cuts = fc.array(fc.nat(), { maxLength: 30 })
    const linesOf = (blocks: readonly string[]) =>
      blocks.map(block => block.split(/\r\n|\n|\r/).filter(Boolean)).filter(lines => lines.length)
    fc.assert(
      fc.property(text, cuts, (text, cuts) => {
        const places = cuts.map(cut => cut % (text.length + 1)).sort((a, b) => a - b)
        const pieces = [...places, text.length].map((place, index) =>
          text.slice(places[index - 1] ?? 0, place),
        )
        expect(linesOf(split(pieces))).toEqual(linesOf(split([text])))
        const bare = (all: string) => all.replace(/[\r\n]/g, '')
        expect(bare(split(pieces).join(''))).toBe(bare(text))
      }),
      { numRuns: 500 },
    )
  })

  it('takes a time that grows with the text, be it one character at a time', () => {
    const cost = (length: number) => {
      const feed = createSplitter(1e7)
      const start = performance.now()
      feed('data: ')
      for (let i = 0; i < length; i++) feed('a')
      expect(feed('\n\n')[0]).toHaveLength(length + 8)
      return performance.now() - start
    }
    cost(20_000)
    const short = cost(40_000)
    expect(cost(400_000) / short).toBeLessThan(60)
  })

  it('holds no event that is larger than allowed', () => {
    expect(() => split(['data: ', 'a'.repeat(100)], 50)).toThrow('too large')
    expect(() =>
      split(
        Array.from({ length: 30 }, () => 'data: a\n\n'),
        50,
      ),
    ).not.toThrow()
  })
})
