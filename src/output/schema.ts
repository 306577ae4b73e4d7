/** A JSON Schema. Any object type fits, so that those of other packages do. */
export type JsonSchema = object

/** One thing that a validator finds wrong. */
export interface SchemaIssue {
  readonly message: string
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined
}

/** What a validator makes of a value. */
export type SchemaResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

/**
 * A schema of values of type `T`: any Standard Schema. Those of zod and arktype also tell their JSON Schema, those of valibot
 * through `toStandardJsonSchema` of `@valibot/to-json-schema`, those of effect through `toStandardSchemaV1` and
 * `toStandardJSONSchemaV1`, those of zod/mini through `z.toJSONSchema`.
 * @see https://standardschema.dev
 */
export interface Schema<T> {
  readonly '~standard': {
    validate(value: unknown): SchemaResult<T> | Promise<SchemaResult<T>>
    readonly jsonSchema?: { input(options: { readonly target: string }): object } | undefined
  }
}

/** A value of which any part may still be missing, as it is while it streams. Nothing in it has been validated. */
export type DeepPartial<T> = T extends readonly (infer Item)[]
  ? DeepPartial<Item>[]
  : T extends object
    ? { [Key in keyof T]?: DeepPartial<T[Key]> }
    : T
