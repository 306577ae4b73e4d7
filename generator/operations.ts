import { camelCase } from '../src/wire/names.ts'
import type { Content, DescribedOperation, Description, Parameter, Schema } from './description.ts'
import type { Overrides, StreamOverride } from './overrides.ts'
import type { Schemas } from './schemas.ts'
import { capitalize, functionName, readWords } from './words.ts'

/** How a request's body goes over the wire; `either` as a form where it holds a file. */
type BodyKind = 'json' | 'form' | 'either'

/** One operation, with all that is said of it put in one place. */
export interface Operation {
  readonly id: string
  readonly name: string
  /** From `src`, without its ending. */
  readonly file: string
  /** With parts named as the function's parameters are: `POST /batches/{batchId}/cancel`. */
  readonly route: string
  readonly parts: readonly { readonly name: string; readonly description: string | undefined }[]
  readonly query: readonly Parameter[]
  readonly body:
    | { readonly kind: BodyKind; readonly schemas: readonly Schema[]; readonly isOptional: boolean }
    | undefined
  /** Members that a form carries as JSON. */
  readonly jsonMembers: readonly string[]
  readonly answer: Schema | undefined
  /** The function that reads the answer, where it is not JSON. */
  readonly read: string | undefined
  /** The member of the answer that must be a list. */
  readonly list: string | undefined
  /** Whether a good answer may have a member `error`. */
  readonly ownError: boolean
  readonly stream: StreamOverride | undefined
  readonly summary: string | undefined
  readonly group: string | undefined
}

function contentOf(content: Content | undefined, pattern: RegExp): Content[string] | undefined {
  return Object.entries(content ?? {}).find(([type]) => pattern.test(type))?.[1]
}

function bodyOf({ requestBody }: DescribedOperation, schemas: Schemas): Operation['body'] {
  if (!requestBody) return undefined
  const json = contentOf(requestBody.content, /json/)?.schema
  const form = contentOf(requestBody.content, /^multipart/)?.schema
  const given = [form, json].filter((schema): schema is Schema => !!schema)
  if (!given.length) throw new Error(`A body of ${Object.keys(requestBody.content)} is not known`)
  const unique = given.filter((schema, index) => !index || schema.$ref !== given[0]!.$ref)
  const kind = form && json ? 'either' : form ? 'form' : 'json'
  const isOptional = !requestBody.required && unique.every(schema => !schemas.members(schema)?.required.size)
  return { kind, schemas: unique, isOptional }
}

function answerOf({ responses }: DescribedOperation): Schema | undefined {
  const [first] = Object.values(responses)
  return contentOf(first?.content, /json/)?.schema
}

/** The operations that are generated, in the order of the description. */
export function readOperations(
  description: Description,
  schemas: Schemas,
  overrides: Overrides,
): readonly Operation[] {
  const words = readWords(description, overrides.words)
  const known = new Set<string>()

  function read(given: string, method: string, described: DescribedOperation): Operation {
    const { operationId: id, tags, parameters = [] } = described
    const path = overrides.paths[id] ?? given
    known.add(id)
    const name = functionName(overrides.functions[id] ?? id, words)
    const folder = tags?.[0] ?? path.split('/')[1]!
    const file = overrides.files[folder]
    if (!file) throw new Error(`${id}: overrides.ts has no file for ${folder}`)
    const parts = Array.from(path.matchAll(/\{(\w+)\}/g), ([, part]) => ({
      name: camelCase(part!),
      description: parameters.find(parameter => parameter.name === part)?.description,
    }))
    const body = bodyOf(described, schemas)
    const answer = answerOf(described)
    const read = overrides.read[id]
    if (!answer && !read) throw new Error(`${id}: overrides.ts must say how its answer is read`)
    const members = answer && !read ? schemas.members(answer) : undefined
    const list =
      members?.required.has('data') && schemas.resolve(members.properties.data!).type === 'array'
        ? 'data'
        : undefined
    const encoding = contentOf(described.requestBody?.content, /^multipart/)?.encoding ?? {}
    return {
      id,
      name,
      file,
      route: `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, (_, part: string) => `{${camelCase(part)}}`)}`,
      parts,
      query: parameters.filter(parameter => parameter.in === 'query'),
      body,
      jsonMembers: Object.keys(encoding).filter(
        member => encoding[member]!.contentType === 'application/json',
      ),
      answer,
      read,
      list,
      ownError: !!members?.properties.error,
      stream: overrides.streams[id],
      summary: described.summary ?? described.description,
      group: described['x-group'],
    }
  }

  const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => read(path, method, described)),
  )
  checkNames(operations)
  for (const ids of [
    overrides.byHand,
    ...[overrides.functions, overrides.paths, overrides.read, overrides.streams].map(Object.keys),
  ])
    for (const id of ids)
      if (!known.has(id)) throw new Error(`overrides.ts names ${id}, which the description does not have`)
  return operations.filter(({ id }) => !overrides.byHand.includes(id))
}

/** @throws {Error} for two functions of one name */
function checkNames(operations: readonly Operation[]): void {
  const names = operations.flatMap(({ name, stream }) => (stream ? [name, stream.name] : [name]))
  const twice = names.filter((name, index) => names.indexOf(name) !== index)
  if (twice.length) throw new Error(`Two operations are named ${twice.join(', ')}`)
}

/** The name of a type that belongs to an operation: `ListFilesQuery`. */
export function typeNameFor({ name }: Operation, ending: string): string {
  return capitalize(name) + ending
}

/** Makes one schema of the members of a query. */
export function querySchema(parameters: readonly Parameter[]): Schema {
  return {
    type: 'object',
    properties: Object.fromEntries(
      parameters.map(({ name, description, schema }) => [
        name.replace(/\[\]$/, ''),
        { ...schema, ...(description !== undefined && !schema.$ref && { description }) },
      ]),
    ),
    required: parameters.filter(({ required }) => required).map(({ name }) => name.replace(/\[\]$/, '')),
  }
}
