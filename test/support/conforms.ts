import { isObject, type JsonObject } from '../../src/testing/json.ts'

/**
 * Whether a value fits a JSON schema, for the keywords that models are given: types, enum and const, bounds, patterns, arrays,
 * objects, anyOf/oneOf/allOf/not and local `$ref`. Formats and keywords it does not know pass.
 */
export function conforms(value: unknown, schema: unknown, root: unknown = schema, depth = 0): boolean {
  if (typeof schema === 'boolean') return schema
  if (!isObject(schema) || depth > 100) return true
  const fits = (part: unknown): boolean => conforms(value, part, root, depth + 1)
  const all = list(schema.allOf)
  const any = list(schema.anyOf)
  const one = list(schema.oneOf)
  const ref = schema.$ref
  if (typeof ref === 'string' && !fits(resolveRef(ref, root))) return false
  if (!all.every(fits) || (any.length > 0 && !any.some(fits))) return false
  if (one.length > 0 && one.filter(fits).length !== 1) return false
  if (schema.not !== undefined && fits(schema.not)) return false
  if ('const' in schema && !same(value, schema.const)) return false
  if (Array.isArray(schema.enum) && !schema.enum.some(option => same(value, option))) return false
  const types = typesOf(schema)
  if (types.length > 0 && !types.some(type => hasType(value, type))) return false
  const deeper = (item: unknown, part: unknown): boolean => conforms(item, part, root, depth + 1)
  if (typeof value === 'string') return stringFits(value, schema)
  if (typeof value === 'number') return numberFits(value, schema)
  if (Array.isArray(value)) return arrayFits(value, schema, deeper)
  return !isObject(value) || objectFits(value, schema, deeper)
}

/** The subschema a local reference (`#`, `#/$defs/…`) names, if there is one. */
function resolveRef(ref: string, root: unknown): unknown {
  if (!ref.startsWith('#')) return undefined
  let at: unknown = root
  for (const part of ref.slice(1).split('/').slice(1)) {
    const key = decode(part).replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined
    at = (at as JsonObject)[key]
  }
  return at
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** The types a schema names itself, as a list. */
function typesOf(schema: JsonObject): string[] {
  const type = schema.type
  return typeof type === 'string' ? [type] : list(type).filter(item => typeof item === 'string')
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

function hasType(value: unknown, type: string): boolean {
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isObject(value)
  if (type === 'integer') return Number.isInteger(value)
  return typeof value === type
}

function stringFits(value: string, schema: JsonObject): boolean {
  const length = [...value].length
  if (length < number(schema.minLength, 0) || length > number(schema.maxLength, Infinity)) return false
  const pattern = schema.pattern
  return typeof pattern !== 'string' || (regexOf(pattern)?.test(value) ?? true)
}

/** The pattern as a regular expression, or `undefined` when it is not one. */
function regexOf(pattern: string): RegExp | undefined {
  for (const flags of ['u', '']) {
    try {
      return new RegExp(pattern, flags)
    } catch {
      // Patterns such as `[\w-.]` are errors only with the `u` flag.
    }
  }
  return undefined
}

function numberFits(value: number, schema: JsonObject): boolean {
  if (value < number(schema.minimum, -Infinity) || value > number(schema.maximum, Infinity)) return false
  if (value <= number(schema.exclusiveMinimum, -Infinity)) return false
  if (value >= number(schema.exclusiveMaximum, Infinity)) return false
  return isMultiple(value, number(schema.multipleOf, 0))
}

function isMultiple(value: number, step: number): boolean {
  if (step <= 0) return true
  if (Number.isInteger(value) && Number.isInteger(step)) return value % step === 0
  const times = value / step
  return Math.abs(times - Math.round(times)) < 1e-9
}

/** `value` when it is a number, else `otherwise`. */
function number(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise
}

type Fits = (item: unknown, schema: unknown) => boolean

function arrayFits(value: unknown[], schema: JsonObject, fits: Fits): boolean {
  if (value.length < number(schema.minItems, 0) || value.length > number(schema.maxItems, Infinity)) {
    return false
  }
  if (schema.uniqueItems === true && new Set(value.map(item => JSON.stringify(item))).size < value.length) {
    return false
  }
  const [first, rest] = itemSchemas(schema)
  return value.every((item, i) => fits(item, i < first.length ? first[i] : rest))
}

/** The schemas of the first items, one by one, and that of all others. */
function itemSchemas(schema: JsonObject): [first: unknown[], rest: unknown] {
  const { items, prefixItems, additionalItems } = schema
  if (Array.isArray(items)) return [items, additionalItems]
  return [list(prefixItems), items]
}

function objectFits(value: JsonObject, schema: JsonObject, fits: Fits): boolean {
  const keys = Object.keys(value)
  const properties = isObject(schema.properties) ? schema.properties : {}
  if (!list(schema.required).every(key => Object.hasOwn(value, String(key)))) return false
  if (keys.length < number(schema.minProperties, 0)) return false
  if (keys.length > number(schema.maxProperties, Infinity)) return false
  return keys.every(key =>
    fits(value[key], Object.hasOwn(properties, key) ? properties[key] : schema.additionalProperties),
  )
}
