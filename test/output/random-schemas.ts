import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import { Schema as Effect } from 'effect'
import fc from 'fast-check'
import * as v from 'valibot'
import { z } from 'zod'
import type { Schema } from '../../src/index.ts'

/** What a schema says, in no library's words. */
export type Kind =
  | { readonly is: 'string' }
  | { readonly is: 'number' }
  | { readonly is: 'boolean' }
  | { readonly is: 'enum'; readonly values: readonly string[] }
  | { readonly is: 'array'; readonly item: Kind }
  | { readonly is: 'nullable'; readonly of: Kind }
  | { readonly is: 'object'; readonly members: Members }
  /** Objects that differ by a constant. */
  | { readonly is: 'variant'; readonly a: Members; readonly b: Members }

interface Member {
  readonly kind: Kind
  readonly isOptional: boolean
}
type Members = { readonly [name: string]: Member }

const name = fc.constantFrom(
  'name',
  'type',
  'items',
  'not',
  'default',
  'enum',
  'const',
  'properties',
  'camelCase',
  'snake_case',
)

const { kind } = fc.letrec<{ kind: Kind; members: Members; leaf: Kind }>(tie => ({
  leaf: fc.oneof(
    fc.constantFrom<Kind>({ is: 'string' }, { is: 'number' }, { is: 'boolean' }),
    fc
      .uniqueArray(fc.constantFrom('c', 'f', 'null', 'true'), { minLength: 1 })
      .map(values => ({ is: 'enum' as const, values })),
  ),
  members: fc.dictionary(name, fc.record({ kind: tie('kind'), isOptional: fc.boolean() }), { maxKeys: 3 }),
  kind: fc.oneof(
    { maxDepth: 3 },
    tie('leaf'),
    tie('kind').map(item => ({ is: 'array' as const, item })),
    tie('kind')
      .filter(({ is }) => is !== 'nullable')
      .map(of => ({ is: 'nullable' as const, of })),
    tie('members').map(members => ({ is: 'object' as const, members })),
    fc.tuple(tie('members'), tie('members')).map(([a, b]) => ({ is: 'variant' as const, a, b })),
  ),
}))

/** Random objects, as an answer's root is one. */
export const rootKind: fc.Arbitrary<Kind> = fc
  .dictionary(name, fc.record({ kind, isOptional: fc.boolean() }), { minKeys: 1, maxKeys: 3 })
  .map(members => ({ is: 'object', members }))

function valueOfMembers(members: Members): fc.Arbitrary<object> {
  const entries = Object.entries(members)
  const required = entries.filter(([, { isOptional }]) => !isOptional).map(([key]) => key)
  const values = Object.fromEntries(entries.map(([key, { kind }]) => [key, valuesOf(kind)]))
  return fc.record(values, { requiredKeys: required, noNullPrototype: true })
}

/** Random values that a schema takes. */
export function valuesOf(kind: Kind): fc.Arbitrary<unknown> {
  if (kind.is === 'string') return fc.string()
  if (kind.is === 'number') return fc.integer()
  if (kind.is === 'boolean') return fc.boolean()
  if (kind.is === 'enum') return fc.constantFrom(...kind.values)
  if (kind.is === 'array') return fc.array(valuesOf(kind.item), { maxLength: 3 })
  if (kind.is === 'nullable') return fc.option(valuesOf(kind.of))
  if (kind.is === 'object') return valueOfMembers(kind.members)
  const variant = (which: 'a' | 'b') => valueOfMembers(kind[which]).map(value => ({ ...value, kind: which }))
  return fc.oneof(variant('a'), variant('b'))
}

/**
 * A value as a strict service lets a model say it: with a null for whatever is left out. With `isRead`, as it is to be read: a
 * null is left where the schema has one of its own, as nobody can tell which is meant.
 */
export function withNulls(value: unknown, kind: Kind, isRead = false): unknown {
  if (value === null) return null
  if (kind.is === 'array') return (value as unknown[]).map(item => withNulls(item, kind.item, isRead))
  if (kind.is === 'nullable') return withNulls(value, kind.of, isRead)
  if (kind.is !== 'object' && kind.is !== 'variant') return value
  const given = value as { [name: string]: unknown }
  const members = kind.is === 'object' ? kind.members : given.kind === 'a' ? kind.a : kind.b
  const entries = Object.entries(members).map(([key, member]) => {
    if (Object.hasOwn(given, key)) return [[key, withNulls(given[key], member.kind, isRead)]]
    return isRead && member.kind.is !== 'nullable' ? [] : [[key, null]]
  })
  return { ...given, ...Object.fromEntries(entries.flat()) }
}

/** Whether any member of any object may be left out. */
export function hasOptional(kind: Kind): boolean {
  const inMembers = (members: Members) =>
    Object.values(members).some(member => member.isOptional || hasOptional(member.kind))
  if (kind.is === 'array') return hasOptional(kind.item)
  if (kind.is === 'nullable') return hasOptional(kind.of)
  if (kind.is === 'object') return inMembers(kind.members)
  return kind.is === 'variant' && (inMembers(kind.a) || inMembers(kind.b))
}

function mapMembers<T>(members: Members, map: (member: Member) => T): { [name: string]: T } {
  return Object.fromEntries(Object.entries(members).map(([key, member]) => [key, map(member)]))
}

// Each library's own words. Its types cannot follow a schema that is only known at run time.
// biome-ignore-start lint/suspicious/noExplicitAny: see above

const makeZod = (kind: Kind): any => {
  const object = (members: Members, extra = {}) =>
    z.object({
      ...mapMembers(members, member =>
        member.isOptional ? makeZod(member.kind).optional() : makeZod(member.kind),
      ),
      ...extra,
    })
  if (kind.is === 'enum') return z.enum(kind.values as [string])
  if (kind.is === 'array') return z.array(makeZod(kind.item))
  if (kind.is === 'nullable') return makeZod(kind.of).nullable()
  if (kind.is === 'object') return object(kind.members)
  if (kind.is === 'variant')
    return z.discriminatedUnion('kind', [
      object(kind.a, { kind: z.literal('a') }),
      object(kind.b, { kind: z.literal('b') }),
    ])
  return z[kind.is]()
}

const makeValibot = (kind: Kind): any => {
  const object = (members: Members, extra: object = {}): any =>
    v.object({
      ...mapMembers(members, member =>
        member.isOptional ? v.optional(makeValibot(member.kind)) : makeValibot(member.kind),
      ),
      ...extra,
    })
  if (kind.is === 'enum') return v.picklist(kind.values)
  if (kind.is === 'array') return v.array(makeValibot(kind.item))
  if (kind.is === 'nullable') return v.nullable(makeValibot(kind.of))
  if (kind.is === 'object') return object(kind.members)
  if (kind.is === 'variant')
    return v.variant('kind', [
      object(kind.a, { kind: v.literal('a') }),
      object(kind.b, { kind: v.literal('b') }),
    ])
  return { string: v.string, number: v.number, boolean: v.boolean }[kind.is]()
}

const makeArktype = (kind: Kind): any => {
  const object = (members: Members, extra = {}) =>
    type({
      ...Object.fromEntries(
        Object.entries(members).map(([key, member]) => [
          key + (member.isOptional ? '?' : ''),
          makeArktype(member.kind),
        ]),
      ),
      ...extra,
    } as any)
  if (kind.is === 'enum') return type.enumerated(...kind.values)
  if (kind.is === 'array') return makeArktype(kind.item).array()
  if (kind.is === 'nullable') return makeArktype(kind.of).or('null')
  if (kind.is === 'object') return object(kind.members)
  if (kind.is === 'variant') return object(kind.a, { kind: "'a'" }).or(object(kind.b, { kind: "'b'" }))
  return type(kind.is as 'string')
}

const makeEffect = (kind: Kind): any => {
  const object = (members: Members, extra = {}) =>
    Effect.Struct({
      ...mapMembers(members, member =>
        member.isOptional ? Effect.optionalKey(makeEffect(member.kind)) : makeEffect(member.kind),
      ),
      ...extra,
    })
  if (kind.is === 'enum') return Effect.Literals(kind.values)
  if (kind.is === 'array') return Effect.Array(makeEffect(kind.item))
  if (kind.is === 'nullable') return Effect.NullOr(makeEffect(kind.of))
  if (kind.is === 'object') return object(kind.members)
  if (kind.is === 'variant')
    return Effect.Union([
      object(kind.a, { kind: Effect.Literal('a') }),
      object(kind.b, { kind: Effect.Literal('b') }),
    ])
  return { string: Effect.String, number: Effect.Finite, boolean: Effect.Boolean }[kind.is]
}

/** Each validator, and how its schemas come to tell their JSON Schema. */
export const VALIDATORS: readonly [name: string, make: (kind: Kind) => Schema<any>][] = [
  ['zod', makeZod],
  ['zod, as zod/mini does it', kind => z.toJSONSchema(makeZod(kind)) as unknown as Schema<unknown>],
  ['valibot', kind => toStandardJsonSchema(makeValibot(kind))],
  ['arktype', makeArktype],
  [
    'effect',
    kind => Effect.toStandardSchemaV1(Effect.toStandardJSONSchemaV1(makeEffect(kind))) as Schema<unknown>,
  ],
]
// biome-ignore-end lint/suspicious/noExplicitAny: see above
