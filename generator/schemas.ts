import { type Description, refName, type Schema } from './description.ts'

/** The members of an object, those of all its parts together. */
export interface Members {
  readonly properties: { readonly [name: string]: Schema }
  readonly required: ReadonlySet<string>
}

/** Looks schemas up, and tells what they are. */
export interface Schemas {
  /** The schema, or the one that it refers to. */
  resolve(schema: Schema): Schema
  /** The members of an object, where it has any. */
  members(schema: Schema): Members | undefined
  /** The schema that another one is nothing but another name of. */
  alias(schema: Schema): Schema | undefined
  /** The kinds of values that it stands for, one by one. */
  variants(schema: Schema): readonly Schema[] | undefined
  isNullable(schema: Schema): boolean
  /** The object of a schema that is an object or null: its type is the object's, and null is said where it is used. */
  objectOrNull(schema: Schema): Schema | undefined
}

/** `oneOf: [{ required: ['a'] }, …]` says which members go together, and is no union. */
export function isConstraint(schema: Schema): boolean {
  return Object.keys(schema).every(key => /^(required|not|title|description)$/.test(key))
}

/** `allOf: [shape, { nullable: true }]` says more of a shape, and adds nothing to it. */
function isRemark(schema: Schema): boolean {
  return Object.keys(schema).every(key => /^(nullable|title|description|default|deprecated)$/.test(key))
}

export function createSchemas({ components: { schemas } }: Description): Schemas {
  function resolve(schema: Schema): Schema {
    if (!schema.$ref) return schema
    const found = schemas[refName(schema.$ref)]
    if (!found) throw new Error(`The description has no ${schema.$ref}`)
    return resolve(found)
  }

  function variants(schema: Schema): readonly Schema[] | undefined {
    const all = schema.oneOf ?? schema.anyOf
    if (!all || schema.properties || all.every(isConstraint)) return undefined
    return all
  }

  function members(schema: Schema): Members | undefined {
    const own = resolve(schema)
    const inner = (own.allOf ?? []).filter(part => !isRemark(part)).map(part => members(part))
    if (inner.some(part => !part)) return undefined
    if (!own.properties && !inner.length) return undefined
    const parts = [
      ...inner,
      { properties: own.properties ?? {}, required: new Set(own.required) },
    ] as Members[]
    return {
      properties: Object.assign({}, ...parts.map(({ properties }) => properties)),
      required: new Set(parts.flatMap(({ required }) => [...required])),
    }
  }

  return {
    resolve,
    variants,
    members,
    alias({ allOf = [], properties = {}, $ref }) {
      const [only, ...more] = allOf.filter(part => !isRemark(part))
      if ($ref) return undefined
      return only?.$ref && !more.length && !Object.keys(properties).length ? only : undefined
    },
    objectOrNull(schema) {
      const [inner, ...more] = (variants(schema) ?? []).filter(({ type }) => type !== 'null')
      const isOne = inner && !more.length && variants(schema)!.length > 1 && !inner.$ref
      return isOne && members(inner) ? { description: schema.description ?? '', ...inner } : undefined
    },
    isNullable(schema) {
      const { nullable, type, enum: values, allOf = [] } = schema
      return (
        !!nullable ||
        allOf.some(part => isRemark(part) && part.nullable) ||
        [type].flat().includes('null') ||
        !!values?.includes(null)
      )
    },
  }
}
