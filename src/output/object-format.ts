import { jsonSchemaOf } from './json-schema-of.ts'
import type { JsonSchema, Schema } from './schema.ts'
import { strictSchema } from './strict-schema.ts'

/** Settings of {@link objectFormat}. */
export interface ObjectFormatOptions {
  /** What the object is called: at most 64 letters, digits, `_` and `-`. @default 'answer' */
  readonly name?: string | undefined
  /**
   * Whether the service must hold the model to the schema. `true` forces it: optional members are sent as required or null, and
   * such nulls are removed again before the schema checks the answer.
   * @default true where the schema allows it: every object closed or silent about it, every member required
   */
  readonly strict?: boolean | undefined
}

/** A `responseFormat` with a JSON Schema. */
export interface ObjectFormat {
  readonly type: 'json_schema'
  readonly jsonSchema: {
    readonly name: string
    readonly schema: { readonly [key: string]: unknown }
    readonly strict?: true | undefined
  }
}

/**
 * The `responseFormat` that asks for values of a schema. {@link parseObject} reads the answer.
 * @throws {ConfigurationError} where the schema does not tell its JSON Schema
 * @example
 * const completion = await chat(client).model('gpt-4.1').user('Ada, 36').responseFormat(objectFormat(Person)).execute()
 * const { name, age } = await parseObject(completion, Person)
 */
export function objectFormat(
  schema: Schema<unknown>,
  { name = 'answer', strict }: ObjectFormatOptions = {},
): ObjectFormat {
  const json: JsonSchema = jsonSchemaOf(schema)
  const closed = strict === false ? undefined : strictSchema(json, strict)
  return {
    type: 'json_schema',
    jsonSchema: { name, schema: { ...(closed ?? json) }, ...(closed && { strict: true }) },
  }
}
