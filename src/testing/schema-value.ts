import { type Hints, hintsOf } from './hints.ts'
import { isObject, type JsonObject } from './json.ts'
import { conforms, itemSchemas, list, number, typesOf } from './schema-check.ts'
import { numberCandidates, type Place, stringCandidates, wantsName } from './schema-leaf.ts'
import { flatten, mergeSchemas } from './schema-merge.ts'

interface Context extends Place {
  root: unknown
  /** How many references lie between the root and here. */
  refs: number
  /** Shared by the whole value: what keeps a schema of endless alternatives from taking forever. */
  budget: { left: number }
  /** Take the first value that looks right, for schemas with a keyword nothing can be made for. */
  loose: boolean
}

/** Past this many references only what is required is filled in, so that recursive schemas come to an end. */
const DEEP = 2
const BOTTOM = 12

/**
 * A value that fits a JSON schema, the same one each time, with the prompt's names and numbers where they go. When none can be
 * found (contradictions, unusual patterns) the nearest thing.
 */
export function schemaValue(schema: unknown, hints: Hints = hintsOf('')): unknown {
  const context = (loose: boolean): Context => {
    return { root: schema, hints, name: '', salt: 0, refs: 0, budget: { left: 20_000 }, loose }
  }
  return generate(schema, context(false)) ?? generate(schema, context(true)) ?? null
}

/** `undefined` when there is no value. */
function generate(schema: unknown, context: Context): unknown {
  if (schema === false || context.budget.left-- <= 0 || context.refs > BOTTOM) return undefined
  const wanted = isObject(schema) ? schema : { type: 'string' }
  for (const candidate of candidates(wanted, context)) {
    if (candidate === undefined) continue
    if (context.loose || conforms(candidate, wanted, context.root)) return candidate
  }
  return undefined
}

function* candidates(schema: JsonObject, outer: Context): Generator<unknown> {
  const refs =
    outer.refs +
    ('$ref' in schema || list(schema.allOf).some(part => isObject(part) && '$ref' in part) ? 1 : 0)
  const context = { ...outer, refs }
  const { anyOf, oneOf, ...rest } = flatten(schema, context.root)
  if (refs > BOTTOM) return
  for (const [branches, others] of [
    [anyOf, { oneOf }],
    [oneOf, {}],
  ] as const) {
    if (!Array.isArray(branches)) continue
    for (const branch of inOrder(branches.filter(isObject), context)) {
      const more = 'oneOf' in others && others.oneOf ? { ...rest, ...others } : rest
      yield* candidates(mergeSchemas(more, branch), context)
    }
    return
  }
  yield* plainCandidates(rest, context)
}

/** Null comes last, except deep down, where it is a way to stop. */
function inOrder(branches: JsonObject[], { refs, salt }: Context): JsonObject[] {
  const isNull = (branch: JsonObject): boolean => branch.type === 'null' || branch.const === null
  const avoided =
    refs > DEEP ? (branch: JsonObject): boolean => JSON.stringify(branch).includes('"$ref"') : isNull
  const ordered = [...branches.filter(branch => !avoided(branch)), ...branches.filter(avoided)]
  const by = ordered.length > 0 ? salt % ordered.length : 0
  return [...ordered.slice(by), ...ordered.slice(0, by)]
}

function* plainCandidates(schema: JsonObject, context: Context): Generator<unknown> {
  const { hints, salt, name } = context
  if ('const' in schema) return yield schema.const
  if (Array.isArray(schema.enum)) {
    if (salt === 0) yield schema.enum.find(option => typeof option === 'string' && hints.mentions(option))
    const by = salt % (schema.enum.length || 1)
    return yield* [...schema.enum.slice(by), ...schema.enum.slice(0, by)]
  }
  const types = typesOf(schema)
  if (types.length === 0) types.push(impliedType(schema))
  if (types.includes('string') && schema.format === undefined && wantsName(name)) yield hints.nextName()
  if (salt === 0) yield schema.default
  yield* list(schema.examples).slice(salt)
  const nullLast = types.sort((a, b) => Number(a === 'null') - Number(b === 'null'))
  if (context.refs > DEEP) nullLast.reverse()
  for (const type of nullLast) yield* ofType(type, schema, context)
}

function impliedType(schema: JsonObject): string {
  const has = (...keys: string[]): boolean => keys.some(key => key in schema)
  if (has('properties', 'required', 'additionalProperties', 'minProperties')) return 'object'
  if (has('items', 'prefixItems', 'minItems', 'maxItems', 'uniqueItems')) return 'array'
  if (has('minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf')) return 'number'
  return 'string'
}

function* ofType(type: string, schema: JsonObject, context: Context): Generator<unknown> {
  if (type === 'null') yield null
  if (type === 'boolean') yield* context.salt % 2 === 0 ? [true, false] : [false, true]
  if (type === 'string') yield* stringCandidates(schema, context)
  if (type === 'number' || type === 'integer') yield* numberCandidates(schema, type === 'integer', context)
  if (type === 'array') yield arrayOf(schema, context)
  if (type === 'object') yield objectOf(schema, context)
}

function arrayOf(schema: JsonObject, context: Context): unknown[] | undefined {
  const [first, rest] = itemSchemas(schema)
  const least = number(
    schema.minItems,
    context.refs > DEEP ? 0 : Math.max(first.length, rest === false ? 0 : 1),
  )
  const wanted = Math.min(least, number(schema.maxItems, Infinity), 10_000)
  const items: unknown[] = []
  const seen = new Set<string>()
  for (let salt = context.salt; items.length < wanted && salt < context.salt + wanted + 200; salt++) {
    const item = generate(items.length < first.length ? first[items.length] : rest, { ...context, salt })
    const key = JSON.stringify(item)
    if (item === undefined) break
    if (schema.uniqueItems === true && seen.has(key)) continue
    seen.add(key)
    items.push(item)
  }
  return items.length < number(schema.minItems, 0) ? undefined : items
}

function objectOf(schema: JsonObject, context: Context): JsonObject | undefined {
  const properties = isObject(schema.properties) ? schema.properties : {}
  const required = list(schema.required).map(String)
  const optional = context.refs > DEEP ? [] : Object.keys(properties).filter(key => !required.includes(key))
  const room = number(schema.maxProperties, Infinity) - required.length
  const order = Object.keys(properties).filter(
    key => required.includes(key) || optional.slice(0, Math.max(0, room)).includes(key),
  )
  const entries: [string, unknown][] = []
  for (const name of [...order, ...required.filter(key => !Object.hasOwn(properties, key))]) {
    const part = Object.hasOwn(properties, name) ? properties[name] : schema.additionalProperties
    const value = generate(part, { ...context, name })
    if (value !== undefined) entries.push([name, value])
    else if (required.includes(name)) return undefined
  }
  for (let i = 1; entries.length < Math.min(number(schema.minProperties, 0), 1000); i++) {
    const value = generate(schema.additionalProperties, { ...context, name: `key${i}` })
    if (value === undefined) break
    entries.push([`key${i}`, value])
  }
  return Object.fromEntries(entries)
}
