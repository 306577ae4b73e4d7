import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPartialJson } from '../../src/output/partial-json.ts'

/** What is there after each piece. */
function read(...pieces: readonly string[]): unknown[] {
  const json = createPartialJson()
  return pieces.map(piece => {
    json.add(piece)
    return structuredClone(json.value)
  })
}

const BLANK = /[\t\n\r ]/

/**
 * The same, said in another way: closes what is open in the beginning of a document, leaves out what has no value yet, and lets
 * the platform parse it.
 */
function closed(text: string): unknown {
  const closers: string[] = []
  /** Where the text is cut, so that it ends with a value or an opening bracket. */
  let end = 0
  let at = 0
  let isKey = false
  let partial = ''
  while (at < text.length) {
    const char = text[at]!
    if (BLANK.test(char) || char === ',' || char === ':') {
      if (char === ',') isKey = closers.at(-1) === '}'
      if (char === ':') isKey = false
      at++
    } else if (char === '{' || char === '[') {
      closers.push(char === '{' ? '}' : ']')
      isKey = char === '{'
      end = ++at
    } else if (char === '}' || char === ']') {
      closers.pop()
      end = ++at
    } else if (char === '"') {
      const string = /^"(?:[^"\\]|\\u[\da-fA-F]{4}|\\[^u])*/.exec(text.slice(at))![0]
      const isWhole = text[at + string.length] === '"'
      at += string.length + (isWhole ? 1 : 0)
      if (!isKey && isWhole) end = at
      if (!isWhole) {
        if (!isKey) partial = `${text.slice(end, at)}"`
        break
      }
    } else {
      at += /^[^\s,\]}]*/.exec(text.slice(at))![0].length
      if (at < text.length) end = at
    }
  }
  const whole = text.slice(0, end) + partial + closers.reverse().join('')
  return whole.trim() ? JSON.parse(whole) : undefined
}

const document = fc
  .tuple(
    fc.oneof(
      fc.array(fc.jsonValue({ maxDepth: 3, stringUnit: 'grapheme' }), { maxLength: 5 }),
      fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }), {
        maxKeys: 5,
      }),
    ),
    fc.constantFrom(undefined, 2, '\t', '\r\n'),
    fc.boolean(),
  )
  .map(([value, space, isEscaped]) => {
    const text = JSON.stringify(value, null, space)
    if (!isEscaped) return text
    // What is not ASCII, as services write it that escape it.
    return text.replace(/[^\0-~]/g, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
  })
  .filter(text => text.length < 300)

/** `expect` for some hundred thousand comparisons. */
function expectSame(value: unknown, expected: unknown, text: string): void {
  if (JSON.stringify(value) !== JSON.stringify(expected))
    expect({ text, value }).toEqual({ text, value: expected })
}

describe('JSON that arrives', () => {
  it('is at every split of random documents what its beginning says', () => {
    fc.assert(
      fc.property(document, text => {
        for (let at = 0; at <= text.length; at++) {
          const json = createPartialJson()
          json.add(text.slice(0, at))
          expectSame(json.value, closed(text.slice(0, at)), text.slice(0, at))
          json.add(text.slice(at))
          expectSame(json.value, JSON.parse(text), text)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('is the same in pieces of any sizes', () => {
    fc.assert(
      fc.property(document, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (text, sizes) => {
        const json = createPartialJson()
        let at = 0
        for (let turn = 0; at < text.length; turn++) {
          const size = sizes[turn % sizes.length]!
          json.add(text.slice(at, at + size))
          at += size
          expectSame(json.value, closed(text.slice(0, at)), text.slice(0, at))
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('shows strings as they grow, numbers and literals when they are over', () => {
    expect(read('{"a":"H', 'i', '","b":12', '3', ',"c":tr', 'ue}')).toEqual([
      { a: 'H' },
      { a: 'Hi' },
      { a: 'Hi' },
      { a: 'Hi' },
      { a: 'Hi', b: 123 },
      { a: 'Hi', b: 123, c: true },
    ])
  })

  it('shows an array element by element', () => {
    expect(read('[{"n":1}', ',{"n"', ':2', '}', ',{"n":3}]')).toEqual([
      [{ n: 1 }],
      [{ n: 1 }, {}],
      [{ n: 1 }, {}],
      [{ n: 1 }, { n: 2 }],
      [{ n: 1 }, { n: 2 }, { n: 3 }],
    ])
  })

  it('tells whether a piece has changed anything', () => {
    const json = createPartialJson()
    expect(['{', ' "a"', ' : ', '1', '2', ' ', '}', ' '].map(piece => json.add(piece))).toEqual([
      true,
      false,
      false,
      false,
      false,
      true,
      false,
      false,
    ])
  })

  it('skips what comes before it, a fence say, and what comes after it', () => {
    expect(read('Here: ```js', 'on\n{"a":', '1}', '``` [2]').at(-1)).toEqual({ a: 1 })
  })

  it('keeps names that a prototype has, and the last of two that are the same', () => {
    const json = createPartialJson()
    json.add('{"__proto__":{"x":1},"constructor":"c","a":{"b":1},"a":{"c":2}}')
    expect(Object.keys(json.value as object)).toEqual(['__proto__', 'constructor', 'a'])
    expect(json.value).toEqual(JSON.parse('{"__proto__":{"x":1},"constructor":"c","a":{"c":2}}'))
    expect(({} as { x?: unknown }).x).toBeUndefined()
  })

  it('neither throws nor goes on at what is not JSON', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom(...'{}[]",:\\u01tnf \n') })), pieces => {
        const json = createPartialJson()
        for (const piece of pieces) json.add(piece)
      }),
      { numRuns: 2000 },
    )
    expect(read('{"a":1x,"b":2}', '{"c":3}').at(-1)).toEqual({})
    expect(read('{"a":"\\uZZZZ', 'b"}').at(-1)).toEqual({ a: '' })
  })

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
