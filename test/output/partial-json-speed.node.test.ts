// In Node alone: a Worker's clock stands still while it works.

import { describe, expect, it } from 'vitest'
import { createPartialJson } from '../../src/output/partial-json.ts'

describe('reading JSON that arrives', () => {
  it.each([
    ['a long string', (size: number) => `{"a":"${'word '.repeat(size)}"}`],
    ['a string of escapes', (size: number) => `{"a":"${'\\n\\u00e9'.repeat(size)}"}`],
    ['many objects', (size: number) => `[${'{"name":"Ada","age":36},'.repeat(size)}1]`],
    ['one number', (size: number) => `[${'1234567'.repeat(size)}]`],
    ['a deep array', (size: number) => '['.repeat(size)],
    ['blanks', (size: number) => ' '.repeat(size * 8)],
  ])('takes a time that grows with %s, not with its square', (_, make) => {
    const timeOf = (size: number) => {
      const text = make(size)
      const pieces = text.match(/[\s\S]{1,8}/g)!
      let best = Infinity
      for (let round = 0; round < 5; round++) {
        const json = createPartialJson()
        const start = performance.now()
        for (const piece of pieces) json.add(piece)
        best = Math.min(best, performance.now() - start)
      }
      return best
    }
    timeOf(1000)
    // Twice the text at most 2.5 times the time; eight times the text leaves the noise behind, and a square would be 64.
    const ratios = [1, 2, 3].map(() => timeOf(16_000) / timeOf(2000))
    expect(Math.min(...ratios)).toBeLessThan(2.5 ** 3)
  })

  it('is at least 20 times as fast as closing and parsing 48 kB anew at each of 4,050 pieces', () => {
    const words = 'It rained on Monday, and on Tuesday it rained again. '
    const text = JSON.stringify(Array.from({ length: 160 }, (_, id) => ({ id, note: words.repeat(5) })))
    const pieces = text.match(/[\s\S]{1,12}/g)!.slice(0, 4050)
    expect(text.length).toBeGreaterThan(43_000)

    /** Closes a text of objects with a number and a string, in one pass that costs less than one that must know more. */
    const reparse = (begun: string) => {
      let isString = false
      for (let at = 0; at < begun.length; at++) if (begun.charCodeAt(at) === 34) isString = !isString
      try {
        return JSON.parse(begun + (isString ? '"}]' : ''))
      } catch {
        return undefined
      }
    }
    const timeOf = (work: () => void) => {
      const start = performance.now()
      work()
      return performance.now() - start
    }
    let parsed: unknown
    const byParsing = timeOf(() => {
      let begun = ''
      for (const piece of pieces) {
        begun += piece
        parsed = reparse(begun) ?? parsed
      }
    })
    const json = createPartialJson()
    const byPieces = timeOf(() => {
      for (const piece of pieces) json.add(piece)
    })
    expect((json.value as unknown[]).length).toBe((parsed as unknown[]).length)
    expect(byParsing / byPieces).toBeGreaterThan(20)
  })
})
