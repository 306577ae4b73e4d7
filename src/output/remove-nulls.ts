import { ADDED_NULL, type SchemaNode } from './strict-schema.ts'

/** A document to walk down in. */
interface Tree {
  readonly [key: string]: Tree | undefined
}

/** What a `$ref` into the same document leads to. */
function lookUp(root: unknown, path: string): SchemaNode | undefined {
  let node = root as Tree | undefined
  for (const key of path.split('/').slice(1)) node = node?.[key]
  return node
}

/** Removes from a value the nulls that {@link strictSchema} let the model say for members that it leaves out. */
export function removeNulls(
  value: unknown,
  schema: SchemaNode | undefined,
  root: SchemaNode | undefined = schema,
): void {
  if (typeof value !== 'object' || !value || !schema) return
  const { $ref, anyOf = [], items, properties = {} } = schema
  if ($ref) removeNulls(value, lookUp(root, $ref), root)
  for (const branch of anyOf) {
    // A value that a branch does not list tells of another branch.
    const isThis = Object.entries(branch.properties ?? {}).every(([name, part]) => {
      const listed: readonly unknown[] | undefined = 'const' in part ? [part.const] : part.enum
      return !listed || listed.includes((value as Tree)[name])
    })
    if (isThis) removeNulls(value, branch, root)
  }
  if (Array.isArray(value)) for (const item of value) removeNulls(item, items, root)
  const members = value as { [name: string]: unknown }
  for (const [name, part] of Object.entries(properties))
    if (members[name] === null && part.anyOf?.includes(ADDED_NULL)) delete members[name]
    else removeNulls(members[name], part, root)
}
