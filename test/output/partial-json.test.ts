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
      { numRuns: 400 },
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

  it('skips a list among the words before it', () => {
    expect(read("don't [s", 'ic] {"a"', ':1}', ' as in [1]').at(-1)).toEqual({ a: 1 })
    expect(read('as in [1] {"a":', '1}', '{"a":2}').at(-1)).toEqual({ a: 1 })
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
})
