import { type Hints, hintsOf } from './hints.ts'
import { isObject, type JsonObject } from './json.ts'
import { BUDGET, type Context, flatten, isDeep, list } from './schema-flatten.ts'

const MAX_REFS = 12
const MAX_DEPTH = 100

/**
 * A value of a JSON schema, the same one each time, with the prompt's names and numbers where they go. Knows types, enum,
 * const, default, bounds, items, properties, local `$ref`, allOf, and of anyOf and oneOf the first alternative. Ignores
 * `pattern`. Gives the nearest thing where nothing fits, or where the budget is spent.
 */
export function schemaValue(schema: unknown, hints: Hints = hintsOf('')): unknown {
  return write(schema, { root: schema, hints, refs: 0, depth: 0, budget: { left: BUDGET } })
}

function write(part: unknown, outer: Context): unknown {
  const context = { ...outer, depth: outer.depth + 1 }
  const { budget, hints } = context
  // Even `null,` is written.
  budget.left -= 5
  if (part === false || budget.left <= 0 || context.refs > MAX_REFS || context.depth > MAX_DEPTH) return null
  const schema = isObject(part) ? flatten(part, context) : {}
  if ('const' in schema) return copy(schema.const, context)
  if (Array.isArray(schema.enum)) {
    budget.left -= schema.enum.length
    // Looking for long options would cost more than the budget counts, and no prompt names them.
    const asked = schema.enum.find(
      option => typeof option === 'string' && option.length < 100 && hints.mentions(option),
    )
    return copy(asked ?? schema.default ?? schema.enum[0], context)
  }
  if ('default' in schema) return copy(schema.default, context)
  const type = typeOf(schema, context)
  if (type === 'null') return null
  if (type === 'boolean') return true
  if (type === 'number' || type === 'integer') return numberFor(schema, type === 'integer', hints)
  if (type === 'array') return arrayFor(schema, context)
  return type === 'object' ? objectFor(schema, context) : stringFor(schema, context)
}

/** Pays for a value of the schema's own by its length: references may ask for it any number of times. */
function copy(value: unknown, { budget }: Context): unknown {
  budget.left -= JSON.stringify(value)?.length ?? 0
  return value ?? null
}

function typeOf(schema: JsonObject, context: Context): string {
  const { type: given } = schema
  // There are seven types.
  const types = (Array.isArray(given) ? given.slice(0, 7) : [given]).filter(type => typeof type === 'string')
  if (types.includes('null') && isDeep(context)) return 'null'
  const has = (...keys: string[]): boolean => keys.some(key => key in schema)
  if (types.length > 0) return types.find(type => type !== 'null') ?? 'null'
  if (has('properties', 'required', 'additionalProperties')) return 'object'
  if (has('items', 'prefixItems', 'minItems')) return 'array'
  return has('minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf') ? 'number' : 'string'
}

function bound(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise
}

const FORMATS: Record<string, string> = {
  date: '2023-11-14',
  time: '22:13:20Z',
  'date-time': '2023-11-14T22:13:20Z',
  email: 'user@example.com',
  uri: 'https://example.com/',
  url: 'https://example.com/',
  uuid: '0b4f1a52-6c1d-4e8a-a3f7-5d2c9b8e7f10',
}

function stringFor({ format, minLength, maxLength }: JsonObject, { hints, budget }: Context): string {
  const known = typeof format === 'string' && Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined
  const characters = [...(known ?? hints.nextText())].slice(0, bound(maxLength, Infinity))
  const missing = Math.min(bound(minLength, 0) - characters.length, budget.left)
  if (missing > 0) characters.push(' and so on'.repeat(missing / 10 + 1).slice(0, missing))
  const text = characters.join('')
  budget.left -= text.length
  return text
}

function numberFor(schema: JsonObject, whole: boolean, { nextNumber }: Hints): number {
  const above = bound(schema.exclusiveMinimum, -Infinity)
  const below = bound(schema.exclusiveMaximum, Infinity)
  const low = Math.max(bound(schema.minimum, -Infinity), above)
  const high = Math.min(bound(schema.maximum, Infinity), below)
  const step = bound(schema.multipleOf, whole ? 1 : 0)
  const isStep = (value: number): boolean => Math.abs(value / step - Math.round(value / step)) < 1e-9
  const isKind = (value: number): boolean =>
    (!whole || Number.isInteger(value)) && (step <= 0 || isStep(value))
  const fits = (value: number): boolean =>
    value >= low && value <= high && value > above && value < below && isKind(value)
  // As near to 1 as the bounds let it.
  const start = Math.max(low, Math.min(1, high))
  const steps = [
    Math.ceil(start / step),
    Math.floor(start / step + 1),
    Math.floor(start / step),
    Math.ceil(start / step - 1),
  ]
  const tries = steps.map(times => Number((times * step).toPrecision(15)))
  return nextNumber(fits) ?? [start, (low + high) / 2, low + 1, high - 1, ...tries].find(fits) ?? start
}

function arrayFor({ items, prefixItems, minItems, maxItems }: JsonObject, context: Context): unknown[] {
  const first = list(prefixItems)
  const wanted = Math.max(first.length, bound(minItems, isDeep(context) || items === false ? 0 : 1))
  const count = Math.min(wanted, bound(maxItems, Infinity))
  const values: unknown[] = []
  while (values.length < count && context.budget.left > 0) {
    values.push(write(values.length < first.length ? first[values.length] : items, context))
  }
  return values
}

function objectFor(schema: JsonObject, context: Context): JsonObject {
  const properties = isObject(schema.properties) ? schema.properties : {}
  const required = new Set(list(schema.required).filter(name => typeof name === 'string'))
  const names = [...new Set([...Object.keys(properties), ...required])]
  const { budget } = context
  budget.left -= names.length + list(schema.required).length
  const entries: [string, unknown][] = []
  for (const name of names) {
    const part = Object.hasOwn(properties, name) ? properties[name] : schema.additionalProperties
    if (budget.left <= 0) break
    if (!required.has(name) && (part === false || isDeep(context))) continue
    budget.left -= name.length
    entries.push([name, write(part, context)])
  }
  return Object.fromEntries(entries)
}
