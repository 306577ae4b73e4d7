import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { root } from '../package/built.ts'

let parsePartial: (text: string) => unknown

beforeAll(async () => {
  const file = join(root, 'examples/playground/page/stand-ins/partial-json.js')
  ;({ parsePartial } = await import(file))
})

/** True where `part` is what may be known of `whole` while it arrives. */
function isBeginning(part: unknown, whole: unknown): boolean {
  if (typeof part === 'string') return typeof whole === 'string' && whole.startsWith(part)
  if (typeof part !== 'object' || part === null) return Object.is(part, whole)
  if (typeof whole !== 'object' || whole === null || Array.isArray(part) !== Array.isArray(whole))
    return false
  const keys = Object.keys(whole)
  return Object.keys(part).every(
    (key, place) => key === keys[place] && isBeginning(Reflect.get(part, key), Reflect.get(whole, key)),
  )
}

describe('JSON that is cut anywhere', () => {
  // `JSON.parse` has no -0, and the order of keys that are numbers is not that of the text.
  const json = fc
    .jsonValue({ maxDepth: 4 })
    .filter(value => !/"\d+":/.test(JSON.stringify(value)))
    .map(value => JSON.parse(JSON.stringify(value)))

  it('is the beginning of what it would be', () => {
    fc.assert(
      fc.property(json, fc.nat(), fc.boolean(), (value, cut, airy) => {
        const text = JSON.stringify(value, undefined, airy ? 1 : 0)
        const part = parsePartial(text.slice(0, cut % (text.length + 1)))
        expect(part === undefined || isBeginning(part, value)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('is the whole, once it is there', () => {
    fc.assert(
      fc.property(json, value => {
        // A number alone may always go on.
        expect(parsePartial(`${JSON.stringify(value)}\n`)).toEqual(value)
      }),
      { numRuns: 1000 },
    )
  })

  it('has escapes only when they are whole, and no member without its value', () => {
    expect(parsePartial('{"a":"x\\u00e')).toEqual({ a: 'x' })
    expect(parsePartial('{"a":"x\\')).toEqual({ a: 'x' })
    expect(parsePartial('{"a":1,"b')).toEqual({ a: 1 })
    expect(parsePartial('{"a":12')).toEqual({})
    expect(parsePartial('[true,fal')).toEqual([true])
    expect(parsePartial('')).toBeUndefined()
    expect(Object.getPrototypeOf(parsePartial('{"__proto__":{"a":1}}'))).toBe(Object.prototype)
  })
})
