import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromWire, toWire } from '../../src/wire/names.ts'
import { createRenamer } from '../../src/wire/shapes.ts'
import api from '../fixtures/wire-maps.json'

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value))

describe('createRenamer', () => {
  it('renames at every depth, again where an event looks as the one before, and leaves values alone', () => {
    const rename = createRenamer()
    for (const [text, more] of [
      ['a_b', { c_d: 1 }],
      ['x_y', { c_d: 2 }],
      ['', { e_f: 3 }],
      ['z', null],
      ['z', [{ c_d: [{ g_h: 1 }, null, 'i_j'] }]],
    ] as const)
      expect(rename(copy({ some_id: text, more_of: more }))).toEqual(
        fromWire({ some_id: text, more_of: more }),
      )
    for (const value of [null, 1, 'a_b', true, []]) expect(rename(value)).toEqual(value)
  })

  it("does not touch the user's maps and schemas, nor those of the operation", () => {
    const user = { a_b: { c_d: 1 }, eF: 2 }
    const schema = { type: 'object', properties: { first_name: { type: 'string' } } }
    const event = { metadata: user, item_map: user, format_of: schema, other_map: { a_b: 1 } }
    const rename = createRenamer(['item_map'])
    for (let round = 0; round < 2; round++)
      expect(rename(copy(event))).toEqual({
        metadata: user,
        itemMap: user,
        formatOf: schema,
        otherMap: { aB: 1 },
      })
  })

  it('notes which names came in camelCase, so that they go back as they came', () => {
    const event = { extra_content: { thoughtSignature: 'x', some_thing: 1 } }
    const rename = createRenamer()
    for (let round = 0; round < 2; round++) {
      const seen = rename(copy(event)) as object
      expect(seen).toEqual({ extraContent: { thoughtSignature: 'x', someThing: 1 } })
      expect(toWire(seen)).toEqual(event)
    }
  })

  it('drops nothing where two names meet, and keeps own keys that look dangerous', () => {
    const rename = createRenamer()
    for (let round = 0; round < 2; round++) {
      expect(rename({ a_b: 1, aB: 2 })).toEqual({ a_b: 1, aB: 2 })
      const value = rename(JSON.parse('{"__proto__":{"a_b":1},"constructor":{"c_d":2}}')) as object
      expect(JSON.stringify(value)).toBe('{"__proto__":{"aB":1},"constructor":{"cD":2}}')
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    }
  })

  it('invents no member when it forgets the shapes of events that have names without end', () => {
    const rename = createRenamer()
    const names = Array.from({ length: 100 }, (_, i) => `k_${i}x`)
    for (let event = 0; event < 500; event++) {
      const below = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`n_${event}x${i}`, 1]))
      const source = Object.fromEntries(names.map((name, i) => [name, i === event % 100 ? below : 1]))
      expect(rename(copy(source))).toEqual(fromWire(source))
      expect(rename({})).toEqual({})
    }
  })

  it('needs time in proportion to the depth where what it remembers is wrong at every level', () => {
    const nested = (depth: number, last: string) => {
      let value: object = {}
      for (let level = 0; level < depth; level++) value = { a_b: value, [last]: 1 }
      return value
    }
    const time = (depth: number) => {
      const values = Array.from({ length: 60 }, (_, i) => nested(depth, `x${i}`))
      const rename = createRenamer()
      const started = performance.now()
      for (const value of values) rename(value)
      return performance.now() - started
    }
    const ratio = () => time(800) / time(200)
    time(200)
    const ratios = [ratio(), ratio(), ratio(), ratio(), ratio()].sort((a, b) => a - b)
    expect(ratios[2]).toBeLessThan(8)
  })

  it('reads any event as a whole answer is read, whatever came before it', () => {
    const key = fc.oneof(
      fc.constantFrom(...api.names),
      fc.string(),
      fc.constantFrom('__proto__', 'constructor', 'toString', 'aB', 'a_b', 'A', 'aBC', '_a', 'properties'),
    )
    const { value } = fc.letrec<{ value: unknown }>(tie => ({
      value: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom(null, true, false, 0, 1.5),
        fc.string(),
        fc.array(tie('value'), { maxLength: 4 }),
        fc
          .array(fc.tuple(key, tie('value')), { maxLength: 5 })
          .map(entries => Object.fromEntries(new Map(entries)) as unknown),
      ),
    }))
    fc.assert(
      fc.property(fc.array(value, { maxLength: 6 }), events => {
        const rename = createRenamer()
        const both = [...events, ...events]
        expect(both.map(event => JSON.stringify(rename(copy(event))))).toEqual(
          both.map(event => JSON.stringify(fromWire(copy(event)))),
        )
      }),
    )
  })
})
