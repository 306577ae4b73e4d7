import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hintsOf } from '../../src/testing/hints.ts'
import { schemaValue } from '../../src/testing/schema-value.ts'
import type { Json } from './support.ts'

type Check = (value: Json) => boolean
type Pair = { schema: Json; check: Check }

const bounds = fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 0, max: 30 }))
const sizes = fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 }))

const leaf: fc.Arbitrary<Pair> = fc.oneof(
  fc.constant({ schema: { type: 'boolean' }, check: (v: Json) => typeof v === 'boolean' }),
  fc.constant({ schema: { type: 'null' }, check: (v: Json) => v === null }),
  fc.jsonValue().map(value => ({ schema: { const: value }, check: (v: Json) => isSame(v, value) })),
  fc
    .uniqueArray(fc.oneof(fc.string(), fc.integer()), { minLength: 1 })
    .map(list => ({ schema: { enum: list }, check: (v: Json) => list.includes(v) })),
  bounds.map(([low, width]) => ({
    schema: { type: 'integer', minimum: low, maximum: low + width },
    check: (v: Json) => Number.isInteger(v) && v >= low && v <= low + width,
  })),
  bounds.map(([low, width]) => ({
    schema: { type: 'number', exclusiveMinimum: low, exclusiveMaximum: low + width + 0.5 },
    check: (v: Json) => v > low && v < low + width + 0.5,
  })),
  fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: -500, max: 500 })).map(([step, low]) => ({
    schema: { type: 'integer', multipleOf: step, minimum: low },
    check: (v: Json) => Number.isInteger(v / step) && v >= low,
  })),
  sizes.map(([min, more]) => ({
    schema: { type: 'string', minLength: min * 9, maxLength: min * 9 + more },
    check: (v: Json) => typeof v === 'string' && [...v].length >= min * 9 && [...v].length <= min * 9 + more,
  })),
)

const pair: fc.Arbitrary<Pair> = fc.letrec<{ pair: Pair }>(tie => ({
  pair: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    arrays(tie('pair')),
    objects(tie('pair')),
    unions(tie('pair')),
  ),
})).pair

function arrays(items: fc.Arbitrary<Pair>): fc.Arbitrary<Pair> {
  return fc.tuple(items, sizes, fc.array(items, { maxLength: 2 })).map(([item, [min, more], first]) => ({
    schema: {
      type: 'array',
      items: item.schema,
      prefixItems: first.map(one => one.schema),
      minItems: min,
      maxItems: min + more,
    },
    check: v =>
      Array.isArray(v) &&
      v.length >= min &&
      v.length <= min + more &&
      v.every((value, i) => (first[i] ?? item).check(value)),
  }))
}

function objects(values: fc.Arbitrary<Pair>): fc.Arbitrary<Pair> {
  const key = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'city', 'count'))
  const entries = fc.uniqueArray(fc.tuple(key, values, fc.boolean()), {
    selector: ([name]) => name,
    maxLength: 4,
  })
  return entries.map(list => ({
    schema: {
      type: 'object',
      properties: Object.fromEntries(list.map(([name, { schema }]) => [name, schema])),
      required: list.filter(([, , required]) => required).map(([name]) => name),
      additionalProperties: false,
    },
    check: v =>
      Object.keys(v).every(name => list.some(([own]) => own === name)) &&
      list.every(([name, { check }, required]) => (Object.hasOwn(v, name) ? check(v[name]) : !required)),
  }))
}

function unions(options: fc.Arbitrary<Pair>): fc.Arbitrary<Pair> {
  return fc.array(options, { minLength: 1, maxLength: 3 }).map(list => ({
    schema: { anyOf: list.map(({ schema }) => schema) },
    check: v => list.some(({ check }) => isValid(check, v)),
  }))
}

function isValid(check: Check, value: Json): boolean {
  try {
    return check(value)
  } catch {
    return false
  }
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

describe('schemaValue', () => {
  it('fits the schema, whatever the prompt, and is the same each time', () => {
    fc.assert(
      fc.property(pair, fc.lorem(), fc.integer(), ({ schema, check }, words, number) => {
        const prompt = `${words} ${number}`
        const value = schemaValue(schema, hintsOf(prompt))
        expect(isValid(check, value), JSON.stringify(value)).toBe(true)
        expect(schemaValue(schema, hintsOf(prompt))).toEqual(value)
      }),
      { numRuns: 500 },
    )
  })

  const email = /^[^@]+@[^@]+\.[a-z]+$/
  const isInteger = Number.isInteger
  const cases: [what: string, schema: Json, check: Check][] = [
    ['true', true, v => v !== undefined],
    ['an empty schema', {}, v => v !== undefined],
    ['nothing at all', false, v => v === null],
    ['a list of types', { type: ['null', 'integer'] }, v => isInteger(v)],
    ['a default', { type: 'string', default: 'celsius' }, v => v === 'celsius'],
    ['a date', { type: 'string', format: 'date' }, v => new Date(v).toISOString().startsWith(v)],
    ['a date-time', { type: 'string', format: 'date-time' }, v => !Number.isNaN(Date.parse(v))],
    ['an e-mail address', { type: 'string', format: 'email' }, v => email.test(v)],
    ['a URI', { type: 'string', format: 'uri' }, v => URL.canParse(v)],
    ['a UUID', { type: 'string', format: 'uuid' }, v => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(v)],
    ['a string of some pattern', { type: 'string', pattern: '^[A-Z]{2}$' }, v => typeof v === 'string'],
    [
      'a multiple of a fraction',
      { type: 'number', multipleOf: 0.25, minimum: 3.1, maximum: 3.3 },
      v => v === 3.25,
    ],
    [
      'a multiple below zero',
      { type: 'integer', multipleOf: 4, exclusiveMaximum: -4 },
      v => v < -4 && v % 4 === 0,
    ],
    ['at most', { type: 'integer', maximum: 0 }, v => v === 0],
    ['at least, exclusively', { type: 'integer', exclusiveMinimum: 10 }, v => v === 11],
    ['below, exclusively', { exclusiveMinimum: 1, exclusiveMaximum: 1.5 }, v => v > 1 && v < 1.5],
    ['a contradiction', { type: 'integer', minimum: 5, maximum: 4 }, v => isInteger(v)],
    ['required without properties', { type: 'object', required: ['x'] }, v => 'x' in v],
    ['a forbidden property', { properties: { a: false, b: { const: 1 } } }, v => isSame(v, { b: 1 })],
    ['a tuple', { prefixItems: [{ const: 1 }, { const: 2 }], items: false }, v => isSame(v, [1, 2])],
    [
      'allOf',
      {
        allOf: [
          { properties: { a: { type: 'integer' } } },
          { properties: { b: { const: 2 } }, required: ['a', 'b'] },
        ],
      },
      v => isInteger(v.a) && v.b === 2,
    ],
    ['oneOf, by its first that is not null', { oneOf: [{ type: 'null' }, { const: 1 }] }, v => v === 1],
    [
      'anyOf beside properties',
      { properties: { a: { const: 1 } }, anyOf: [{ properties: { b: { const: 2 } } }, { required: ['c'] }] },
      v => isSame(v, { b: 2, a: 1 }) || isSame(v, { a: 1, b: 2 }),
    ],
    ['$ref', { $ref: '#/$defs/a~1b%20c', $defs: { 'a/b c': { const: 7 } } }, v => v === 7],
    ['$ref into a list', { $ref: '#/x/1', x: [{ const: 1 }, { const: 2 }] }, v => v === 2],
    ['$ref to nothing', { $ref: '#/$defs/x' }, v => typeof v === 'string'],
    [
      'nullable $ref',
      { anyOf: [{ $ref: '#/$defs/x' }, { type: 'null' }], $defs: { x: { const: 3 } } },
      v => v === 3,
    ],
  ]
  it.each(cases)('%s', (_, schema, check) => {
    expect(check(schemaValue(schema))).toBe(true)
  })

  it('comes to an end in recursive schemas', () => {
    const node = {
      type: 'object',
      properties: {
        value: { type: 'integer' },
        children: { type: 'array', items: { $ref: '#/$defs/node' } },
        next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] },
        twin: { oneOf: [{ $ref: '#/$defs/node' }, { $ref: '#/$defs/leaf' }] },
        parent: { $ref: '#' },
      },
      required: ['value', 'children', 'next', 'twin'],
    }
    const value = schemaValue({ $ref: '#/$defs/node', $defs: { node, leaf: { const: 'end' } } }) as Json
    const walk = (at: Json): void => {
      expect(isInteger(at.value)).toBe(true)
      for (const child of at.children) walk(child)
      if (at.next !== null) walk(at.next)
      if (at.twin !== 'end') walk(at.twin)
    }
    walk(value)
    expect(value.next.value).toBe(1)
    expect(schemaValue({ $ref: '#' })).toBeDefined()
  })

  const self = { $ref: '#' }
  const many = <T>(count: number, make: (i: number) => T): T[] =>
    Array.from({ length: count }, (_, i) => make(i))
  const wide = Object.fromEntries(many(20_000, i => [`property ${i}`, self]))
  const doubling = Object.fromEntries(
    many(60, i => [`d${i}`, { allOf: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }] }]),
  )
  const hostile: [what: string, schema: Json][] = [
    ['an endless string', { type: 'string', minLength: 1e9 }],
    ['an expensive pattern', { type: 'string', pattern: '^(\\w{1,50}){50}!$' }],
    ['an endless array', { type: 'array', minItems: 1e9 }],
    ['endless arrays of endless arrays', { type: 'array', minItems: 1e9, items: self }],
    [
      'strings without end in arrays without end',
      { minItems: 1e9, items: { type: 'string', minLength: 1e9 } },
    ],
    [
      'objects that must hold themselves',
      { properties: { a: self, b: self, c: self }, required: ['a', 'b', 'c'] },
    ],
    ['many properties that hold themselves', { properties: wide }],
    ['many properties that must hold themselves', { properties: wide, required: Object.keys(wide) }],
    ['long names of properties', { minItems: 1e9, items: { properties: { ['x'.repeat(100_000)]: {} } } }],
    ['a reference to itself', { allOf: [self, self, self], anyOf: [self, self], oneOf: [self] }],
    ['parts that double', { $ref: '#/$defs/d0', $defs: doubling }],
    ['many parts', { minItems: 1e9, items: { allOf: many(50_000, i => ({ properties: { [i]: {} } })) } }],
    ['a wide schema with many parts', { ...wide, allOf: many(50_000, () => ({})) }],
    ['many alternatives', { minItems: 1e9, items: { anyOf: many(50_000, () => ({ type: 'null' })) } }],
    ['many options', { minItems: 1e9, items: { enum: many(50_000, i => `option ${i}`) } }],
    ['a large option', { minItems: 1e9, items: { enum: ['x'.repeat(50_000)] } }],
    ['a large constant', { minItems: 1e9, items: { const: many(20_000, i => i) } }],
    ['a long reference', { minItems: 1e9, items: { $ref: `#${'/x'.repeat(50_000)}` } }],
    ['many names of one type', { minItems: 1e9, items: { type: many(50_000, () => 'null') } }],
    ['many requirements of one property', { minItems: 1e9, items: { required: many(50_000, () => 'a') } }],
    ['deep nesting', many(3000, () => 0).reduce<Json>(items => ({ minItems: 1, items }), {})],
  ]
  it.each(hostile)('is bounded for %s', (_, schema) => {
    const value = schemaValue(schema, hintsOf('Ask for 1 and 2 in Oslo'))
    expect(JSON.stringify(value).length).toBeLessThan(400_000)
  })

  it('is bounded for long prompts', () => {
    for (const prompt of [
      'A. '.repeat(500_000),
      '1 '.repeat(500_000),
      'a b-'.repeat(300_000),
      ' '.repeat(1_000_000),
    ]) {
      const value = schemaValue({ minItems: 50, items: { type: ['integer', 'string'] } }, hintsOf(prompt))
      expect(value).toHaveLength(50)
    }
  })

  it('measures a string in characters, not in their halves', () => {
    const [long, short] = [{ minLength: 12 }, { maxLength: 3 }].map(size =>
      schemaValue({ type: 'string', ...size }, hintsOf('𝒜𝒜𝒜𝒜𝒜')),
    )
    expect(long).toBe('𝒜𝒜𝒜𝒜𝒜 and so')
    expect(short).toBe('𝒜𝒜𝒜')
  })

  it('takes names and numbers from the prompt', () => {
    const string = { type: 'string' }
    const properties = {
      origin: string,
      destination: string,
      passengers: { type: 'integer' },
      unit: { enum: ['km', 'miles'] },
    }
    const prompt = 'Find a flight from San Francisco to Oslo for 3 people, in miles.'
    expect(schemaValue({ type: 'object', properties }, hintsOf(prompt))).toEqual({
      origin: 'San Francisco',
      destination: 'Oslo',
      passengers: 3,
      unit: 'miles',
    })
    const search = { type: 'object', properties: { query: string } }
    expect(schemaValue(search, hintsOf('what are good zebras?'))).toEqual({ query: 'zebras' })
    expect(schemaValue(search, hintsOf('What is Paris?'))).toEqual({ query: 'Paris' })
  })
})
