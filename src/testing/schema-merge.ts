import { isObject, type JsonObject } from './json.ts'
import { list, number, resolveRef, typesOf } from './schema-check.ts'

/** The schema with its own `$ref` and `allOf` worked in, so that what is left can be read keyword by keyword. */
export function flatten(schema: JsonObject, root: unknown, depth = 0): JsonObject {
  const { $ref, allOf, ...rest } = schema
  const parts = typeof $ref === 'string' ? [resolveRef($ref, root), ...list(allOf)] : list(allOf)
  return parts.reduce<JsonObject>(
    (merged, part) =>
      isObject(part) && depth < 10 ? mergeSchemas(flatten(part, root, depth + 1), merged) : merged,
    rest,
  )
}

/** A schema for what fits both. */
export function mergeSchemas(a: JsonObject, b: JsonObject): JsonObject {
  const merged: JsonObject = { ...a, ...b }
  for (const key of Object.keys(a)) {
    if (Object.hasOwn(b, key)) merged[key] = both(key, a, b)
  }
  return merged
}

function both(key: string, a: JsonObject, b: JsonObject): unknown {
  const x = a[key]
  const y = b[key]
  if (key === 'type') return typesOf(a).flatMap(type => commonType(type, typesOf(b)))
  if (key === 'required') return [...new Set([...list(x), ...list(y)])]
  if (key === 'enum') return list(x).filter(value => list(y).includes(value))
  if (key === 'properties') return isObject(x) && isObject(y) ? mergeProperties(x, y) : y
  if (key === 'allOf') return [...list(x), ...list(y)]
  if (key === 'anyOf' || key === 'oneOf') return pairs(list(x), list(y))
  if (key === 'items' || key === 'additionalProperties') return mergeAny(x, y)
  if (/^(min|exclusiveMin)/.test(key)) return Math.max(number(x, -Infinity), number(y, -Infinity))
  if (/^(max|exclusiveMax)/.test(key)) return Math.min(number(x, Infinity), number(y, Infinity))
  return y
}

function commonType(type: string, others: string[]): string[] {
  if (others.includes(type)) return [type]
  if (type === 'integer' && others.includes('number')) return ['integer']
  return type === 'number' && others.includes('integer') ? ['integer'] : []
}

function mergeProperties(a: JsonObject, b: JsonObject): JsonObject {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  return Object.fromEntries(
    keys.map(key => [
      key,
      Object.hasOwn(a, key) && Object.hasOwn(b, key)
        ? mergeAny(a[key], b[key])
        : (Object.hasOwn(a, key) ? a : b)[key],
    ]),
  )
}

function mergeAny(a: unknown, b: unknown): unknown {
  if (a === false || b === false) return false
  if (!isObject(a)) return b
  return isObject(b) ? { allOf: [a, b] } : a
}

/** Two lists of alternatives become one of their pairs, as far as is sensible. */
function pairs(a: unknown[], b: unknown[]): unknown[] {
  return a.flatMap(x => b.map(y => ({ allOf: [x, y] }))).slice(0, 64)
}
