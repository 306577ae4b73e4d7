import { decodeSegment } from './decode-segment.ts'
import type { Hints } from './hints.ts'
import { isObject, type JsonObject } from './json.ts'

/** The part of a schema that is being written, and what may still be spent on it. */
export interface Context {
  root: unknown
  hints: Hints
  /** How many references have been followed on the way here. */
  refs: number
  /** How many arrays and objects this stands in. */
  depth: number
  /** Shared by all parts of one value. */
  budget: { left: number }
}

/** Characters written and schemas looked at for one value. No schema, however large or recursive, costs more. */
export const BUDGET = 200_000

/** Whether only what the schema demands should be written, so that a recursive one comes to an end. */
export function isDeep({ refs, budget }: Context): boolean {
  return refs > 2 || budget.left < BUDGET / 2
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

/**
 * Works the `$ref`, the `allOf` and one alternative of `anyOf` and `oneOf` into a schema, so that it can be read keyword by
 * keyword. Counts a reference in `context.refs`.
 */
export function flatten(schema: JsonObject, context: Context): JsonObject {
  let followed = false
  const walk = (part: JsonObject, chain: number): JsonObject => {
    const { $ref, allOf, anyOf, oneOf, ...own } = part
    const parts = [...list(allOf), pick(list(anyOf), context), pick(list(oneOf), context)]
    if (typeof $ref === 'string') {
      followed = true
      parts.push(resolveRef($ref, context.root))
      context.budget.left -= $ref.length
    }
    context.budget.left -= parts.length + list(anyOf).length + list(oneOf).length + Object.keys(own).length
    if (chain > 10) return own
    let merged = own
    for (const other of parts) {
      if (context.budget.left <= 0) break
      if (isObject(other)) merged = merge(walk(other, chain + 1), merged, context)
    }
    return merged
  }
  const plain = walk(schema, 0)
  if (followed) context.refs++
  return plain
}

/** The first alternative that is not null; deep down one that comes to an end, or else each in turn. */
function pick(alternatives: unknown[], context: Context): unknown {
  const isNull = (one: unknown): boolean => isObject(one) && (one.type === 'null' || one.const === null)
  const goesOn = (one: unknown): boolean =>
    isObject(one) && ['$ref', 'properties', 'items', 'allOf', 'anyOf', 'oneOf'].some(key => key in one)
  if (!isDeep(context)) return alternatives.find(one => !isNull(one)) ?? alternatives[0]
  return alternatives.find(one => !goesOn(one)) ?? alternatives[context.refs % alternatives.length]
}

/** The keywords of both, `b`'s where both have one. Properties and required names are put together. */
function merge(a: JsonObject, b: JsonObject, { budget }: Context): JsonObject {
  const merged = { ...a, ...b }
  if (isObject(a.properties))
    merged.properties = { ...a.properties, ...(b.properties as JsonObject | undefined) }
  if (Array.isArray(a.required)) merged.required = [...a.required, ...list(b.required)]
  const { properties, required } = merged
  budget.left -= Object.keys(merged).length + Object.keys(properties ?? {}).length + list(required).length
  return merged
}

/** The subschema a local reference (`#`, `#/$defs/…`) names, if there is one. */
function resolveRef(ref: string, root: unknown): unknown {
  const [start, ...keys] = ref.split('/').map(decodeSegment)
  let at: unknown = start === '#' ? root : undefined
  for (const key of keys.map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'))) {
    at =
      typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? at[key as keyof typeof at] : undefined
  }
  return at
}
