import { misconfigured } from '../wire/service.ts'
import type { JsonSchema, Schema } from './schema.ts'

/**
 * The JSON Schema of what a schema takes, without `$schema`, which some services refuse.
 * @throws {ConfigurationError} where the schema cannot tell
 */
export function jsonSchemaOf(schema: Schema<unknown>): JsonSchema {
  // JavaScript lets a JSON Schema through, which has no such member.
  const jsonSchema = schema['~standard']?.jsonSchema
  if (!jsonSchema) misconfigured('The schema tells no JSON Schema: see toStandardJsonSchema, z.toJSONSchema')
  const { $schema, ...rest } = jsonSchema.input({ target: 'draft-2020-12' }) as { $schema?: unknown }
  return rest
}
