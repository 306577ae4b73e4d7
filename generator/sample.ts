import { isMap } from '../src/wire/names.ts'
import { type Json, refName, type Schema } from './description.ts'
import { isConstraint, type Members, type Schemas } from './schemas.ts'

/** How names of members are spelled in a sample; what is below a map is as it is on the wire in both. */
export type Spelling = 'wire' | 'camel'

/** What a sample is made with. */
export interface SampleRules {
  readonly spelling: Spelling
  /** Names below which nothing is renamed, besides those that are so in all operations. */
  readonly verbatim: readonly string[]
  /** Stands for a file. */
  readonly file?: unknown
}

/** Optional members deeper than this are left out. */
const DEEP = 5

/** `created_at` → `createdAt`, by a rule that is not the library's own: what it makes is held against that. */
function spell(name: string, spelling: Spelling): string {
  const hasWayBack = /^[a-z]+[a-z0-9]*(_[a-z]+[a-z0-9]*)+$/.test(name) && !/_[a-z]_/.test(name)
  return spelling === 'wire' || !hasWayBack
    ? name
    : name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

const TEXTS: { readonly [format: string]: string } = {
  uri: 'https://example.com/a.png',
  'date-time': '2026-01-02T03:04:05Z',
  date: '2026-01-02',
}

function textOf({
  format = '',
  minLength = 0,
  maxLength = 60,
}: Schema & { minLength?: number; maxLength?: number }): string {
  return (TEXTS[format] ?? 'text').padEnd(minLength, 'x').slice(0, maxLength)
}

function numberOf({
  minimum = 1,
  maximum = minimum + 1,
  example,
}: Schema & { minimum?: number; maximum?: number; example?: unknown }): number {
  if (typeof example === 'number') return example
  return minimum <= 1 && maximum >= 1 ? 1 : minimum
}

/** Leaves out what must not be together with the first choice: `oneOf: [{ required: ['a'] }, { required: ['b'] }]`. */
function withoutRivals({ oneOf = [] }: Schema, members: Members): Members {
  const [first, ...others] = oneOf.filter(isConstraint)
  const rivals = others
    .flatMap(({ required = [] }) => required)
    .filter(name => !first!.required?.includes(name))
  const kept = Object.entries(members.properties).filter(([name]) => !rivals.includes(name))
  return { ...members, properties: Object.fromEntries(kept) }
}

/** Makes a value that a schema allows: every member to a depth, the first kind of each union. */
export function sampleOf(schemas: Schemas, schema: Schema, rules: SampleRules): unknown {
  function make(given: Schema, spelling: Spelling, way: readonly string[]): unknown {
    if (given.$ref) return make(schemas.resolve(given), spelling, [...way, refName(given.$ref)])
    const variants = schemas.variants(given)
    if (variants) {
      const isNew = (variant: Schema) => !variant.$ref || !way.includes(refName(variant.$ref))
      const kinds = variants.filter(({ type }) => type !== 'null')
      return make(kinds.find(isNew) ?? kinds[0]!, spelling, way)
    }
    const members = schemas.members(given)
    if (members) return objectOf(withoutRivals(given, members), spelling, way)
    const alias = schemas.alias(given)
    if (alias) return make(alias, spelling, way)
    return simple(given, spelling, way)
  }

  function objectOf(members: Members, spelling: Spelling, way: readonly string[]): Json {
    const made: Json = {}
    for (const [name, member] of Object.entries(members.properties)) {
      const isRepeated = member.$ref && way.includes(refName(member.$ref))
      if (!members.required.has(name) && (way.length > DEEP || isRepeated || member.deprecated)) continue
      const below = isMap(name, rules.verbatim) ? 'wire' : spelling
      made[spell(name, spelling)] = make(member, below, [...way, name])
    }
    return made
  }

  function simple(given: Schema, spelling: Spelling, way: readonly string[]): unknown {
    const { const: only, enum: values, format, items, additionalProperties } = given
    const [type] = [given.type].flat().filter(one => one !== 'null')
    if (only !== undefined) return only
    if (values) return values.find(value => value !== null)
    if (type === 'string' && format === 'binary') return rules.file
    if (type === 'array' || items) return way.length > DEEP * 2 ? [] : [make(items ?? {}, spelling, way)]
    if (type === 'integer' || type === 'number') return numberOf(given)
    if (type === 'boolean') return true
    if (type === 'string') return textOf(given)
    // A name of the user's own, where it is in a map.
    const isOpen = typeof additionalProperties !== 'object' || !Object.keys(additionalProperties).length
    if (type === 'object')
      return {
        [spell('a_key', spelling)]: isOpen ? 'value' : make(additionalProperties as Schema, 'wire', way),
      }
    return 'anything'
  }

  return make(schema, rules.spelling, [])
}
