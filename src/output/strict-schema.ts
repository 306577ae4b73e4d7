import type { JsonSchema } from './schema.ts'

/** What is read of a JSON Schema. */
export interface SchemaNode {
  type?: string | readonly string[]
  required?: readonly string[]
  additionalProperties?: unknown
  properties?: { [name: string]: SchemaNode }
  anyOf?: readonly SchemaNode[]
  readonly allOf?: readonly SchemaNode[]
  readonly items?: SchemaNode
  readonly prefixItems?: readonly SchemaNode[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  default?: unknown
  readonly $ref?: string
}

/** The null beside an optional member that was forced to be there. Its identity tells it from a null of the schema's own. */
export const ADDED_NULL: SchemaNode = { type: 'null' }

/** Finds what strict services refuse. A description or a member's name that looks like it only costs the schema its `strict`. */
const LOOSE =
  /"additionalProperties":(?!false)|"(allOf|default|prefixItems|uniqueItems|not|if|contains|dependent\w+|[mp]\w+Properties)":|:{}|"format":"(?!date|time|duration|email|hostname|ipv|uuid)|\(\?[=!<]/

/**
 * The form of a JSON Schema that a strict service takes: objects closed, every member required. Undefined where that would
 * change what the schema says.
 * @param force makes optional members nullable and closes open objects, whatever the schema says
 * @see https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
export function strictSchema(schema: JsonSchema, force = false): SchemaNode | undefined {
  const json = JSON.stringify(schema)
  let fits = !LOOSE.test(json)

  // The innermost comes first. A member's name may be any keyword, but what stands under it is a schema.
  const closed: SchemaNode = JSON.parse(json, (_, node) => {
    if (Object(node) !== node) return node
    const { $ref, oneOf, properties = {}, required = [] } = node
    if (Array.isArray(oneOf)) {
      delete node.oneOf
      node.anyOf = oneOf
    }
    // A reference must stand alone: zod puts a description beside it.
    if (typeof $ref === 'string' && !node.anyOf && Object.keys(node).length > 1) {
      delete node.$ref
      node.anyOf = [{ $ref }]
    }
    // A type is asked for beside constants, too.
    if ([node.enum ?? node.const].flat().every(value => typeof value === 'string')) node.type ??= 'string'
    if (![node.type].flat().includes('object')) return node
    // A schema without `properties` takes any object; closed, it would take an empty one only.
    if (!node.properties) fits = false
    for (const [name, part] of Object.entries<SchemaNode>(properties)) {
      if (!(part.type || part.anyOf || part.$ref)) fits = false
      if (required.includes(name)) continue
      fits = false
      delete part.default
      const types = [part, ...(part.anyOf ?? [])].flatMap(({ type }) => type)
      if (!types.includes('null')) properties[name] = { anyOf: [part, ADDED_NULL] }
    }
    // A map of any keys cannot be closed without becoming an empty object.
    const { additionalProperties: more } = node
    return {
      ...node,
      properties,
      required: Object.keys(properties),
      additionalProperties: Object.keys(Object(more)).length ? more : false,
    }
  })
  return force || (fits && closed.type === 'object') ? closed : undefined
}
