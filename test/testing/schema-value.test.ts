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
  fc
    .constantFrom('^[A-Z]{2}-\\d{4}$', '^(red|green)$', '^\\w+@\\w+\\.(com|org)$', '[0-9a-f]{8}', '^a*b+c?$')
    .map(pattern => ({
      schema: { type: 'string', pattern },
      check: (v: Json) => new RegExp(pattern, 'u').test(v),
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
  const cases: [what: string, schema: Json, check: Check][] = [
    ['true', true, v => v !== undefined],
    ['an empty schema', {}, v => v !== undefined],
    ['a list of types', { type: ['null', 'integer'] }, v => Number.isInteger(v)],
    ['default', { type: 'string', default: 'celsius' }, v => v === 'celsius'],
    ['a default that does not fit', { type: 'integer', default: 'x' }, v => Number.isInteger(v)],
    ['examples', { type: 'string', examples: ['first', 'second'] }, v => v === 'first'],
    [
      'date',
      { type: 'string', format: 'date' },
      v => /^\d{4}-\d\d-\d\d$/.test(v) && !Number.isNaN(Date.parse(v)),
    ],
    [
      'date-time',
      { type: 'string', format: 'date-time' },
      v => new Date(v).toISOString().startsWith(v.slice(0, 19)),
    ],
    ['email', { type: 'string', format: 'email' }, v => email.test(v)],
    ['uri', { type: 'string', format: 'uri' }, v => URL.canParse(v)],
    [
      'uuid',
      { type: 'string', format: 'uuid' },
      v => /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-a[\da-f]{3}-[\da-f]{12}$/.test(v),
    ],
    ['a fraction', { type: 'number', multipleOf: 0.25, minimum: 3.1, maximum: 3.3 }, v => v === 3.25],
    [
      'whole and of a fraction',
      { type: 'integer', multipleOf: 1.5, exclusiveMinimum: 0 },
      v => v > 0 && v % 3 === 0,
    ],
    [
      'unique items',
      { type: 'array', items: { enum: ['a', 'b', 'c'] }, minItems: 3, uniqueItems: true },
      v => new Set(v).size === 3,
    ],
    [
      'unique objects',
      {
        type: 'array',
        items: { properties: { id: { type: 'integer' } }, required: ['id'] },
        minItems: 5,
        uniqueItems: true,
      },
      v => new Set(v.map((item: Json) => item.id)).size === 5,
    ],
    [
      'oneOf, of which only one may fit',
      { oneOf: [{ type: 'number' }, { type: 'integer' }] },
      v => typeof v === 'number' && !Number.isInteger(v),
    ],
    [
      'allOf',
      {
        allOf: [
          { properties: { a: { type: 'integer' } } },
          { properties: { b: { const: 2 } }, required: ['a', 'b'] },
        ],
      },
      v => Number.isInteger(v.a) && v.b === 2,
    ],
    [
      'allOf on one property',
      {
        properties: { a: { type: 'integer', minimum: 5 } },
        allOf: [{ properties: { a: { maximum: 5 } } }],
        required: ['a'],
      },
      v => v.a === 5,
    ],
    [
      'anyOf beside properties',
      {
        type: 'object',
        properties: { a: { type: 'null' } },
        anyOf: [{ required: ['b'] }, { required: ['a'] }],
        additionalProperties: false,
      },
      v => isSame(v, { a: null }),
    ],
    ['$ref', { $ref: '#/$defs/a~1b', $defs: { 'a/b': { const: 7 } } }, v => v === 7],
    ['required without properties', { type: 'object', required: ['x'] }, v => 'x' in v],
    [
      'minProperties',
      { type: 'object', minProperties: 2, additionalProperties: { type: 'integer' } },
      v => Object.keys(v).length === 2,
    ],
    ['nothing at all', false, v => v === null],
    ['at most', { type: 'integer', maximum: 0 }, v => v === 0],
    ['at least, exclusively', { type: 'integer', exclusiveMinimum: 10 }, v => v === 11],
    ['a contradiction', { type: 'integer', minimum: 5, maximum: 4 }, v => Number.isInteger(v)],
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
        parent: { $ref: '#' },
      },
      required: ['value', 'children', 'next'],
    }
    const value = schemaValue({ $ref: '#/$defs/node', $defs: { node } }) as Json
    const walk = (at: Json): void => {
      expect(Number.isInteger(at.value)).toBe(true)
      for (const child of at.children) walk(child)
      if (at.next !== null) walk(at.next)
    }
    walk(value)
    expect(schemaValue({ $ref: '#' })).toBeDefined()
    const endless = {
      type: 'object',
      properties: { a: { $ref: '#' }, b: { $ref: '#' } },
      required: ['a', 'b'],
    }
    expect(JSON.stringify(schemaValue(endless)).length).toBeLessThan(10_000)
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
