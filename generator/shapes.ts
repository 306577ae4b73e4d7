import { camelCase } from '../src/wire/names.ts'
import { refName, type Schema } from './description.ts'
import { comment, memberDocs } from './docs.ts'
import type { Members, Schemas } from './schemas.ts'
import { pascalCase } from './words.ts'

/** Where a shape stands: in requests, in answers, or in both. */
export type Mode = 'request' | 'answer' | 'both'

/** Takes what the text of a type needs beside itself. */
export interface Sink {
  readonly mode: Mode
  /** The name of the type of a schema. */
  ref(schema: string): string
  /** Declares a type that the description does not name. Returns its name. */
  declare(name: string, makeText: () => string): string
  /** Notes a type of `src/client/shapes.ts`. */
  helper(name: 'FileInput' | 'Open' | 'Other' | 'VendorFields' | 'WireNames'): string
  /** Whether nothing below a member of this name is renamed. */
  isMap(name: string): boolean
}

const quote = (value: unknown): string => `'${`${value}`.replace(/['\\]/g, '\\$&')}'`

const isName = (key: string): boolean => /^[A-Za-z_$][\w$]*$/.test(key)

/** The one text that a member of a shape always has: what tells the variants of a union apart. */
function literalOf(schema: Schema | undefined): string | undefined {
  const [only, ...more] = schema?.enum ?? [schema?.const]
  return typeof only === 'string' && !more.length ? only : undefined
}

/** Makes the texts of types. */
export function createShapes(schemas: Schemas): {
  typeOf(schema: Schema, name: string, sink: Sink): string
  declaration(schema: Schema, name: string, sink: Sink): string
} {
  const isWriting = (sink: Sink): boolean => sink.mode !== 'answer'

  function union(texts: readonly string[]): string {
    const flat = [...new Set(texts)].filter(text => text !== 'null')
    if (flat.includes('unknown')) return 'unknown'
    return [...flat, ...(texts.includes('null') ? ['null'] : [])].join(' | ')
  }

  function enumOf({ enum: values = [] }: Schema, sink: Sink): string {
    const texts = values
      .filter(value => value !== null)
      .map(value => (typeof value === 'string' ? quote(value) : `${value}`))
    const isText = values.some(value => typeof value === 'string')
    return isText && texts.length > 1 ? `${sink.helper('Open')}<${texts.join(' | ')}>` : texts.join(' | ')
  }

  function mapOf(schema: Schema, name: string, sink: Sink): string {
    const { additionalProperties: values } = schema
    const isOpen = typeof values !== 'object' || !Object.keys(values).length
    // An interface, as of a JSON schema, has no index.
    if (isOpen) return isWriting(sink) ? 'object' : '{ [name: string]: unknown }'
    return `{ ${isWriting(sink) ? 'readonly ' : ''}[name: string]: ${below(values, name, sink)} }`
  }

  /** The type of what stands in a map: nothing there is renamed, so a shape with names in camelCase would be wrong. */
  function below(schema: Schema, name: string, sink: Sink): string {
    const own = schemas.resolve(schema)
    const variants = schemas.variants(own)
    if (variants) return union(variants.map(variant => below(variant, name, sink)))
    if (schemas.members(own)) return isWriting(sink) ? 'object' : '{ [name: string]: unknown }'
    if (own.items) return arrayOf(below(own.items, name, sink), sink)
    return typeOf(own, name, sink)
  }

  function arrayOf(item: string, sink: Sink): string {
    return `${isWriting(sink) ? 'readonly ' : ''}${/[| ]/.test(item) ? `(${item})` : item}[]`
  }

  function membersText({ properties, required }: Members, name: string, sink: Sink): string {
    return Object.entries(properties)
      .map(([wire, schema]) => {
        const key = camelCase(wire)
        const isOptional = !required.has(wire)
        const inner = `${name}${pascalCase(wire)}`
        let type = sink.isMap(wire) ? below(schema, inner, sink) : typeOf(schema, inner, sink)
        if (isOptional && isWriting(sink) && type !== 'unknown') type += ' | undefined'
        const said = schema.$ref ? { ...schemas.resolve(schema), ...schema } : schema
        // "Always `message`" is what the type says.
        const docs = literalOf(said) === undefined ? comment(memberDocs(said), '  ') : ''
        return `${docs}  ${isWriting(sink) ? 'readonly ' : ''}${isName(key) ? key : quote(key)}${isOptional ? '?' : ''}: ${type}\n`
      })
      .join('')
  }

  function interfaceText(members: Members, name: string, sink: Sink): string {
    const text = membersText(members, name, sink)
    // `max_requests_per_1_minute` has no way back, and stays: the index of snake_case would refuse it.
    const staysSnake = Object.keys(members.properties).some(wire => camelCase(wire).includes('_'))
    if (staysSnake && !isWriting(sink))
      return `export interface ${name} {\n${text}  readonly [name: string]: unknown\n}\n`
    return `export interface ${name} extends ${sink.helper(isWriting(sink) ? 'WireNames' : 'VendorFields')} {\n${text}}\n`
  }

  /** The text that tells a variant apart from the others of its union. */
  function tagOf(schema: Schema): string | undefined {
    const { properties: { type, event } = {} } = schemas.members(schema) ?? {}
    const tag = type ?? event
    return literalOf(tag && schemas.resolve(tag))
  }

  /** @param isTaken whether the union itself has the name */
  function unionOf(
    schema: Schema,
    variants: readonly Schema[],
    name: string,
    sink: Sink,
    isTaken = false,
  ): string {
    const shapes = variants.filter(variant => schemas.members(variant))
    const texts = variants.map(variant => {
      const isOne = (shapes.length === 1 && !isTaken) || variant.$ref || !shapes.includes(variant)
      return typeOf(variant, isOne ? name : `${name}${variantName(variant, shapes.indexOf(variant))}`, sink)
    })
    if (schemas.isNullable(schema)) texts.push('null')
    const isTagged = shapes.length > 1 && shapes.every(variant => tagOf(variant))
    if (isTagged && sink.mode !== 'request') texts.push(sink.helper('Other'))
    if (!texts.includes('string')) return union(texts)
    if (texts.some(text => text.startsWith('Open<'))) return union(texts.filter(text => text !== 'string'))
    const literals = texts.filter(text => text.startsWith("'"))
    if (!literals.length) return union(texts)
    const open = `${sink.helper('Open')}<${literals.join(' | ')}>`
    return union([open, ...texts.filter(text => text !== 'string' && !literals.includes(text))])
  }

  function variantName(variant: Schema, index: number): string {
    return pascalCase(tagOf(variant) ?? variant.title ?? `${index + 1}`)
  }

  function single(schema: Schema, type: string | undefined, name: string, sink: Sink): string {
    const members = schemas.members(schema)
    if (members && Object.keys(members.properties).length)
      return sink.declare(
        name,
        () => comment(memberDocs({ ...schema, default: undefined })) + interfaceText(members, name, sink),
      )
    if (schema.const !== undefined) return quote(schema.const)
    if (schema.enum) return enumOf(schema, sink)
    if (type === 'object' || members || schema.additionalProperties) return mapOf(schema, name, sink)
    if (type === 'array' || schema.items)
      return arrayOf(schema.items ? typeOf(schema.items, name, sink) : 'unknown', sink)
    if (type === 'string' && schema.format === 'binary') return sink.helper('FileInput')
    if (type === 'integer') return 'number'
    return type ?? 'unknown'
  }

  function typeOf(schema: Schema, name: string, sink: Sink): string {
    if (schema.$ref) {
      const ref = sink.ref(refName(schema.$ref))
      const isNullable = schemas.isNullable(schema) || schemas.objectOrNull(schemas.resolve(schema))
      return isNullable ? union([ref, 'null']) : ref
    }
    const variants = schemas.variants(schema)
    if (variants) return unionOf(schema, variants, name, sink)
    const alias = schemas.alias(schema)
    if (alias) return union([typeOf(alias, name, sink), ...(schemas.isNullable(schema) ? ['null'] : [])])
    const types = [schema.type].flat().filter(type => type !== 'null')
    const texts = types.map(type => single(schema, type, name, sink))
    return union(schemas.isNullable(schema) ? [...texts, 'null'] : texts)
  }

  /** Declares the type of a schema of the description, under its name. */
  function declaration(given: Schema, name: string, sink: Sink): string {
    const schema = schemas.objectOrNull(given) ?? given
    const docs = comment(memberDocs({ ...schema, default: undefined }))
    const members = schemas.members(schema)
    const isShape = members && !schemas.alias(schema) && !schemas.variants(schema)
    if (isShape && Object.keys(members.properties).length) return docs + interfaceText(members, name, sink)
    const variants = schemas.variants(schema)
    const text = variants ? unionOf(schema, variants, name, sink, true) : typeOf(schema, name, sink)
    return `${docs}export type ${name} = ${text}\n`
  }

  return { typeOf, declaration }
}
