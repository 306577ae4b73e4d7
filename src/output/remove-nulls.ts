import { converted } from '../call/secrets.ts'
import { isObject } from '../wire/names.ts'
import { ADDED_NULL, type SchemaNode } from './strict-schema.ts'

/** A document to walk down in. */
interface Tree {
  readonly [key: string]: Tree | undefined
}

/**
 * What a schema is, or what its `$ref` into the same document leads to: undefined where that is nothing, or the reference again.
 * @see https://www.rfc-editor.org/rfc/rfc6901#section-6
 */
export function resolveRef(schema: SchemaNode | undefined, root: unknown, hops = 0): SchemaNode | undefined {
  const ref = schema?.$ref
  if (!ref) return schema
  // Some libraries write a name as it is, which may be no part of a URL.
  const [start, ...steps] = (converted(decodeURIComponent, ref) || ref).split('/')
  if (start !== '#' || hops > 99) return undefined
  let node = root as Tree | undefined
  for (const step of steps) node = node?.[step.replaceAll('~1', '/').replaceAll('~0', '~')]
  return resolveRef(node, root, hops + 1)
}

/** Whether a value may be of a branch: one with a member that the branch does not know, or lists others for, is of another. */
function mayBe(value: object, { properties, additionalProperties }: SchemaNode = {}): boolean {
  return Object.entries(value).every(([name, member]) => {
    const part = properties?.[name]
    if (!part) return !properties || additionalProperties
    const { const: only, enum: listed = [only] }: SchemaNode = Object(part)
    return listed[0] === undefined || listed.includes(member)
  })
}

/** Removes from a value the nulls that {@link strictSchema} let the model say for members that it leaves out. */
export function removeNulls(
  value: unknown,
  schema: SchemaNode | undefined,
  root: SchemaNode | undefined = schema,
): void {
  const node = resolveRef(schema, root)
  if (!isObject(value) || !node) return
  const { anyOf = [], allOf = [], items, prefixItems = [], properties, additionalProperties } = node
  const branches = anyOf.filter(branch => mayBe(value, resolveRef(branch, root)))
  for (const branch of [...allOf, ...branches]) removeNulls(value, branch, root)
  for (const [name, member] of Object.entries(value)) {
    const part = Array.isArray(value)
      ? (prefixItems[Number(name)] ?? items)
      : (properties?.[name] ?? (additionalProperties as SchemaNode))
    if (member === null && part?.anyOf?.includes(ADDED_NULL)) delete value[name]
    else removeNulls(member, part, root)
  }
}
