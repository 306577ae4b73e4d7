import { describe, expect, it } from 'vitest'
import { removeNulls } from '../../src/output/remove-nulls.ts'
import { strictSchema } from '../../src/output/strict-schema.ts'

const text = { type: 'string' }
const object = <T extends object>(properties: T, required = Object.keys(properties), more = {}) => {
  return { type: 'object', properties, required, ...more }
}
const closed = { additionalProperties: false }

describe('a schema that is strict as it is', () => {
  it('is closed at every depth, wherever it stands', () => {
    const inner = object({ a: text })
    const schema = object(
      {
        list: { type: 'array', items: inner },
        either: { anyOf: [inner, { type: 'null' }] },
        maybe: { ...inner, type: ['object', 'null'] },
        named: { $ref: '#/$defs/inner' },
      },
      undefined,
      { $defs: { inner } },
    )
    const strict = { ...inner, ...closed }
    expect(strictSchema(schema)).toEqual({
      ...schema,
      ...closed,
      properties: {
        list: { type: 'array', items: strict },
        either: { anyOf: [strict, { type: 'null' }] },
        maybe: { ...strict, type: ['object', 'null'] },
        named: { $ref: '#/$defs/inner' },
      },
      $defs: { inner: strict },
    })
    // The caller's own is not touched.
    expect(schema.properties.list.items).toBe(inner)
    expect(inner).toEqual(object({ a: text }))
  })

  it('keeps names of members that are keywords', () => {
    const names = [
      'type',
      'properties',
      'required',
      'items',
      'enum',
      'const',
      'oneOf',
      'anyOf',
      'additionalProperties',
    ]
    const properties = Object.fromEntries(names.map(name => [name, text]))
    // It is closed, or it is left alone; it never says something else.
    const { additionalProperties, ...strict } = strictSchema(object(properties), true) as Record<
      string,
      unknown
    >
    expect(strict).toEqual(object(properties))
    expect(additionalProperties).toBe(false)
  })

  it('has a type beside its constants, and no `oneOf`', () => {
    const schema = object({
      a: { enum: ['x', 'y'] },
      b: { const: 'x' },
      c: { oneOf: [object({ kind: { const: 'x' } }), object({ kind: { const: 'y' } })] },
    })
    expect(strictSchema(schema)?.properties).toEqual({
      a: { type: 'string', enum: ['x', 'y'] },
      b: { type: 'string', const: 'x' },
      c: {
        anyOf: ['x', 'y'].map(value => object({ kind: { type: 'string', const: value } }, undefined, closed)),
      },
    })
  })

  it('has nothing beside a reference', () => {
    const named = { $ref: '#/$defs/a' }
    const described = { description: 'the first', ...named }
    const schema = object({ a: described, b: named, $ref: text }, undefined, { $defs: { a: text } })
    expect(strictSchema(schema)?.properties).toEqual({
      a: { description: 'the first', anyOf: [named] },
      b: named,
      $ref: text,
    })
    const both = object({ a: { ...named, anyOf: [text] } })
    expect(strictSchema(both)?.properties).toEqual(both.properties)
  })

  it('may refer to itself', () => {
    const schema = object({ child: { anyOf: [{ $ref: '#' }, { type: 'null' }] } })
    expect(strictSchema(schema)).toEqual({ ...schema, ...closed })
  })

  it.each(['date-time', 'date', 'time', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid'])(
    'may have the format %s',
    format => expect(strictSchema(object({ a: { type: 'string', format } }))).toBeDefined(),
  )
})

describe('a schema that would say something else', () => {
  it.each([
    ['an optional member', object({ a: text }, [])],
    ['an optional member, deep down', object({ a: { type: 'array', items: object({ a: text }, []) } })],
    ['an open object', object({ a: text }, ['a'], { additionalProperties: true })],
    ['any object', object({ a: { type: 'object' } })],
    ['any object, or null', object({ a: { type: ['object', 'null'] } })],
    ['nothing but that it is an object', { type: 'object' }],
    ['a map', object({ a: { type: 'object', additionalProperties: text } })],
    ['any value', object({ a: {} })],
    ['any value, with a description', object({ a: { description: 'anything' } })],
    ['constants of several types', object({ a: { enum: ['x', 1] } })],
    ['a list of anything', object({ a: { type: 'array', items: {} } })],
    ['a tuple', object({ a: { type: 'array', prefixItems: [text, text] } })],
    ['an intersection', object({ a: { allOf: [object({ a: text }), object({ b: text })] } })],
    ['a format of its own', object({ a: { type: 'string', format: 'uri' } })],
    ['a pattern that looks ahead', object({ a: { type: 'string', pattern: '^(?!x)' } })],
    ['a pattern that looks back', object({ a: { type: 'string', pattern: '(?<=x)y' } })],
    ['items that must differ', object({ a: { type: 'array', items: text, uniqueItems: true } })],
    ['what must not be', object({ a: { type: 'string', not: { const: 'x' } } })],
    ['a condition', object({ a: text }, ['a'], { if: { required: ['a'] }, else: { required: ['b'] } })],
    ['members by a pattern', object({ a: text }, ['a'], { patternProperties: { '^x': text } })],
    ['a number of members', object({ a: text }, ['a'], { maxProperties: 1 })],
    ['members that need others', object({ a: text }, ['a'], { dependentRequired: { a: ['a'] } })],
    ['a default', object({ a: { type: 'string', default: 'x' } })],
    ['no object', { type: 'array', items: text }],
    ['a choice at its root', { anyOf: [object({ a: text }), object({ b: text })] }],
    ['no type at all', {}],
  ])('has %s, and stays as it is', (_, schema) => {
    const before = structuredClone(schema)
    expect(strictSchema(schema)).toBeUndefined()
    expect(schema).toEqual(before)
  })
})

describe('a schema that is forced', () => {
  it('has its optional members required, or null', () => {
    const schema = object(
      { a: text, b: { type: ['string', 'null'] }, c: { anyOf: [text, { type: 'null' }] } },
      [],
    )
    expect(strictSchema(schema, true)).toEqual({
      ...object({ a: { anyOf: [text, { type: 'null' }] }, b: schema.properties.b, c: schema.properties.c }),
      ...closed,
    })
  })

  it('loses defaults and openness, but stays a map where it is one', () => {
    const map = { type: 'object', additionalProperties: text }
    const schema = object({ a: { type: 'string', default: 'x' }, map }, ['map'], {
      additionalProperties: true,
    })
    expect(strictSchema(schema, true)).toEqual({
      ...object({ a: { anyOf: [text, { type: 'null' }] }, map: { ...map, properties: {}, required: [] } }),
      ...closed,
    })
  })
})

describe('nulls for what is left out', () => {
  const read = (value: unknown, schema: object) => {
    removeNulls(value, strictSchema(schema, true))
    return value
  }

  const either = [
    object({ kind: { const: 'a' }, x: text }, ['kind']),
    object({ kind: { const: 'b' }, x: { type: ['string', 'null'] } }),
  ]

  it('are those of the branch that a value is of, also where branches stand elsewhere', () => {
    const $defs = { a: either[0], b: either[1] }
    const named = { anyOf: [{ $ref: '#/$defs/a' }, { $ref: '#/$defs/b' }] }
    const schema = object({ one: named, list: { type: 'array', items: named } }, undefined, { $defs })
    const a = { kind: 'a', x: null }
    const b = { kind: 'b', x: null }
    expect(read({ one: b, list: [a, b] }, schema)).toEqual({ one: b, list: [{ kind: 'a' }, b] })
  })

  it('are those of the branch that knows the members of a value', () => {
    const branches = [
      object({ a: text, x: text }, ['a']),
      object({ b: true, x: { type: ['string', 'null'] } }),
    ]
    const schema = object({ list: { type: 'array', items: { anyOf: branches } } })
    const list = [
      { a: 'y', x: null },
      { b: 'y', x: null },
    ]
    expect(read({ list }, schema)).toEqual({ list: [{ a: 'y' }, { b: 'y', x: null }] })
  })

  it('are removed from maps, tuples and intersections', () => {
    const inner = object({ a: text, b: text }, ['a'])
    const schema = object({
      map: { type: 'object', additionalProperties: inner },
      tuple: { type: 'array', prefixItems: [text, inner], items: inner },
      both: { allOf: [inner, object({ c: text }, [])] },
    })
    const value = { a: 'x', b: null }
    expect(
      read(
        { map: { k: value }, tuple: ['x', { ...value }, { ...value }], both: { ...value, c: null } },
        schema,
      ),
    ).toEqual({ map: { k: { a: 'x' } }, tuple: ['x', { a: 'x' }, { a: 'x' }], both: { a: 'x' } })
  })

  it('are removed, and those that the schema has itself are not', () => {
    const schema = object({ a: text, b: { type: ['string', 'null'] }, c: { type: ['string', 'null'] } }, [
      'b',
    ])
    expect(read({ a: null, b: null, c: null }, schema)).toEqual({ b: null, c: null })
  })

  it('are found in lists, in choices, and behind references', () => {
    const inner = object({ x: text }, [])
    const schema = object(
      {
        list: { type: 'array', items: inner },
        one: { anyOf: [inner, text] },
        ref: { $ref: '#/$defs/inner' },
      },
      undefined,
      { $defs: { inner } },
    )
    const value = { list: [{ x: null }, { x: 'y' }], one: { x: null }, ref: { x: null } }
    expect(read(value, schema)).toEqual({ list: [{}, { x: 'y' }], one: {}, ref: {} })
  })

  it('are removed in a schema that refers to itself', () => {
    const schema = object({ note: text, child: { anyOf: [{ $ref: '#' }, { type: 'null' }] } }, ['child'])
    const value = { note: null, child: { note: null, child: { note: 'x', child: null } } }
    expect(read(value, schema)).toEqual({ child: { child: { note: 'x', child: null } } })
  })

  it.each([
    ['a constant', (kind: string) => ({ const: kind })],
    ['a list of one', (kind: string) => ({ type: 'string', enum: [kind] })],
  ])('are removed for the branch that is meant, told by %s', (_, only) => {
    const branch = (kind: string, x: object, required: string[]) => object({ kind: only(kind), x }, required)
    const schema = object({
      either: {
        anyOf: [branch('a', text, ['kind']), branch('b', { type: ['string', 'null'] }, ['kind', 'x'])],
      },
    })
    expect(read({ either: { kind: 'a', x: null } }, schema)).toEqual({ either: { kind: 'a' } })
    expect(read({ either: { kind: 'b', x: null } }, schema)).toEqual({ either: { kind: 'b', x: null } })
  })

  it.each([null, 'text', 1, [null], { a: [null], b: 1 }])(
    'leave %j alone where it is not what was asked for',
    value => {
      const before = structuredClone(value)
      expect(read(value, object({ a: text, b: object({}) }, []))).toEqual(before)
    },
  )
})
