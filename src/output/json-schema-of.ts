import { misconfigured } from '../wire/service.ts'
import { resolveRef } from './remove-nulls.ts'
import type { JsonSchema, Schema } from './schema.ts'
import type { SchemaNode } from './strict-schema.ts'

/**
 * The JSON Schema of what a schema takes, without `$schema`, which some services refuse.
 * @throws {ConfigurationError} where the schema cannot tell
 */
export function jsonSchemaOf(schema: Schema<unknown>): JsonSchema {
  // JavaScript lets a JSON Schema through, which has no such member.
  const jsonSchema = schema['~standard']?.jsonSchema
  if (!jsonSchema) misconfigured('The schema tells no JSON Schema: see toStandardJsonSchema, z.toJSONSchema')
  const given: SchemaNode & { $schema?: unknown } = jsonSchema.input({ target: 'draft-2020-12' })
  // A class of effect is a reference at its root, where services want an object.
  const found = resolveRef(given, given)
  const { $schema, $ref, ...rest } = { ...given, ...found }
  return found ? rest : { ...rest, $ref }
}
