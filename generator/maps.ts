import { camelCase, isMap, isSchema } from '../src/wire/names.ts'
import type { Schema } from './description.ts'
import type { Overrides } from './overrides.ts'
import type { Schemas } from './schemas.ts'

/** The names whose values the description leaves to the user, and those that are objects with names of their own. */
interface Found {
  readonly maps: Set<string>
  readonly objects: Set<string>
}

/** Whether a value is, or may be, an object with names that the description does not give. */
export function mayBeMap(schemas: Schemas, schema: Schema): boolean {
  const own = schemas.resolve(schema)
  const variants = schemas.variants(own)
  if (variants) return variants.some(variant => mayBeMap(schemas, variant))
  if (own.items) return mayBeMap(schemas, own.items)
  const { properties } = schemas.members(own) ?? {}
  if (properties && Object.keys(properties).length) return false
  return [own.type].flat().includes('object') || !!own.additionalProperties || !!properties
}

/** Whether a value is, or may be, an object with a name that would be renamed. */
function hasNames(schemas: Schemas, schema: Schema, seen: Set<Schema> = new Set()): boolean {
  const own = schemas.resolve(schema)
  if (seen.has(own)) return false
  seen.add(own)
  const inner = [...(schemas.variants(own) ?? []), ...(own.items ? [own.items] : [])]
  const members = Object.entries(schemas.members(own)?.properties ?? {})
  if (members.some(([name]) => camelCase(name) !== name)) return true
  return [...inner, ...members.map(([, member]) => member)].some(child => hasNames(schemas, child, seen))
}

function visit(schemas: Schemas, schema: Schema, found: Found, seen: Set<Schema>): void {
  const own = schemas.resolve(schema)
  if (seen.has(own)) return
  seen.add(own)
  for (const child of [...(schemas.variants(own) ?? []), ...(own.items ? [own.items] : [])])
    visit(schemas, child, found, seen)
  const members = schemas.members(own)?.properties ?? {}
  const sample = Object.fromEntries(Object.keys(members).map(name => [name, {}]))
  if (isSchema(sample))
    throw new Error(`Members that look like a JSON schema: ${Object.keys(members).join(', ')}`)
  for (const [name, member] of Object.entries(members)) {
    if (mayBeMap(schemas, member)) found.maps.add(name)
    // What is below a user's map in every operation is not renamed, and not looked at.
    if (isMap(name, undefined)) continue
    if (hasNames(schemas, member)) found.objects.add(name)
    visit(schemas, member, found, seen)
  }
}

/**
 * The names whose values an operation leaves alone, besides those that all do, as they are on the wire.
 *
 * @throws {Error} for a map that nobody has looked at, and for a name that is a map and an object with names in one operation
 */
export function verbatimOf(
  id: string,
  given: readonly Schema[],
  schemas: Schemas,
  { maps, notMaps, notMapsIn }: Overrides,
): readonly string[] {
  const found: Found = { maps: new Set(), objects: new Set() }
  const seen = new Set<Schema>()
  for (const schema of given) visit(schemas, schema, found, seen)
  const own = [...found.maps].filter(
    name => !isMap(name, undefined) && ![...notMaps, ...(notMapsIn[id] ?? [])].includes(name),
  )
  const unknown = own.filter(name => !maps.includes(name))
  if (unknown.length) throw new Error(`${id} has maps that overrides.ts does not know: ${unknown.join(', ')}`)
  const both = own.filter(name => found.objects.has(name))
  if (both.length)
    throw new Error(`${id} has both a map and an object with names of its own as ${both.join(', ')}`)
  return own.sort()
}
