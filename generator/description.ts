import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Json {
  [key: string]: unknown
}

/** The part of JSON Schema and of OpenAPI's two dialects of it that the description uses. */
export interface Schema {
  readonly $ref?: string
  readonly $recursiveRef?: string
  readonly type?: string | readonly string[]
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly const?: string
  readonly enum?: readonly (string | number | boolean | null)[]
  readonly format?: string
  readonly nullable?: boolean
  readonly deprecated?: boolean
  readonly properties?: { readonly [name: string]: Schema }
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly additionalProperties?: boolean | Schema
  readonly oneOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
}

export interface Parameter {
  readonly in: 'path' | 'query' | 'header'
  readonly name: string
  readonly required?: boolean
  readonly description?: string
  readonly schema: Schema
}

/** What a body or an answer may hold, by media type. */
export interface Content {
  readonly [type: string]: {
    readonly schema?: Schema
    readonly encoding?: { readonly [name: string]: { readonly contentType?: string } }
  }
}

export interface DescribedOperation {
  readonly operationId: string
  readonly tags?: readonly string[]
  readonly summary?: string
  readonly description?: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly required?: boolean; readonly content: Content }
  readonly responses: { readonly [status: string]: { readonly content?: Content } }
  /** The group of the API reference in which the operation stands. */
  readonly 'x-group'?: string
}

export interface Description {
  readonly openapi: string
  readonly info: { readonly version: string }
  readonly servers: unknown
  readonly paths: { readonly [path: string]: { readonly [method: string]: DescribedOperation } }
  readonly webhooks: { readonly [name: string]: { readonly post: DescribedOperation } }
  readonly components: { readonly schemas: { readonly [name: string]: Schema } }
}

/** The name of the schema that a reference points to. Throws for a reference to anything else. */
export function refName(ref: string): string {
  const name = /^#\/components\/schemas\/([^/]+)$/.exec(ref)?.[1]
  if (!name) throw new Error(`${ref} is not a schema of the description`)
  return name
}

export function readDescription(): Description {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'openai.json'), 'utf8'))
}
