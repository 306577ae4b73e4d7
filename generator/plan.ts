import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { isMap } from '../src/wire/names.ts'
import type { Description, Schema } from './description.ts'
import { verbatimOf } from './maps.ts'
import { type Operation, querySchema, readOperations, typeNameFor } from './operations.ts'
import type { Overrides } from './overrides.ts'
import { createSchemas, type Schemas } from './schemas.ts'
import { createShapes, type Mode, type Sink } from './shapes.ts'

/** A use of a type: which schema, in which mode, by which file. */
interface Use {
  readonly schema: string
  readonly mode: 'request' | 'answer'
  readonly file: string
}

/** Something that uses types: the request or the answer of an operation, or an entry of `roots`. */
interface Root {
  readonly file: string
  readonly mode: 'request' | 'answer'
  readonly schema: Schema
  /** The name for a shape that the description does not name. */
  readonly name: string
  readonly verbatim: readonly string[]
}

/** An operation with the names below which nothing is renamed, as they are on the wire. */
export interface PlannedOperation extends Operation {
  readonly verbatim: readonly string[]
  /** Those of them that the request has: it may have them in either spelling. */
  readonly verbatimInRequest: readonly string[]
}

/** Finds the names below which nothing of an operation is renamed. */
export function withVerbatim(operation: Operation, schemas: Schemas, overrides: Overrides): PlannedOperation {
  const uses = rootsOf(operation, [])
  const find = (roots: readonly Root[]) =>
    verbatimOf(
      operation.id,
      roots.map(({ schema }) => schema),
      schemas,
      overrides,
    )
  const asked = uses.filter(({ mode }) => mode === 'request')
  return { ...operation, verbatim: find(uses), verbatimInRequest: find(asked) }
}

/** All that is emitted, decided. */
export interface Plan {
  readonly description: Description
  readonly schemas: Schemas
  readonly operations: readonly PlannedOperation[]
  /** By schema: where its type stands, and in which mode. */
  readonly types: ReadonlyMap<
    string,
    { readonly file: string; readonly mode: Mode; readonly verbatim: readonly string[] }
  >
  typeName(schema: string): string
}

/** The names that a browser or the language has: a type of the same name would shadow it. */
function readPlatformNames(): ReadonlySet<string> {
  const folder = dirname(createRequire(import.meta.url).resolve('typescript'))
  const texts = ['dom', 'es5', 'es2015.collection', 'es2015.promise'].map(name =>
    readFileSync(join(folder, `lib.${name}.d.ts`), 'utf8'),
  )
  return new Set(
    texts.flatMap(text =>
      Array.from(text.matchAll(/^(?:declare var|interface|type) (\w+)/gm), ([, name]) => name!),
    ),
  )
}

/** What an operation uses, with the name that an unnamed shape of it gets. */
function rootsOf(operation: Operation, verbatim: readonly string[]): readonly Root[] {
  const { file, query, body, answer, read, stream } = operation
  const root = (mode: Root['mode'], schema: Schema, ending: string): Root => {
    return { file, mode, schema, name: typeNameFor(operation, ending), verbatim }
  }
  return [
    ...(query.length ? [root('request', querySchema(query), 'Query')] : []),
    ...(body?.schemas ?? []).map(schema => root('request', schema, 'Request')),
    ...(answer && read !== 'readRaw' ? [root('answer', answer, 'Response')] : []),
    ...(stream ? [root('answer', { $ref: `#/components/schemas/${stream.events}` }, 'Event')] : []),
  ]
}

/** Types of one file stay there; what several files share has a file of its own, and what Responses need is theirs. */
function ownerOf(files: ReadonlySet<string>): string {
  const [only, ...more] = [...files].map(file => file.replace(/^responses\/.*/, 'responses/types'))
  if (!more.length || [only, ...more].every(file => file === only)) return only!
  return [only, ...more].includes('responses/types') ? 'responses/types' : 'openai/shared'
}

/** Follows every use of a type, and tells where each type belongs. */
function placeTypes(
  roots: readonly Root[],
  description: Description,
  schemas: Schemas,
  overrides: Overrides,
): Plan['types'] {
  const shapes = createShapes(schemas)
  const places = new Map<
    string,
    { readonly files: Set<string>; readonly modes: Set<string>; readonly verbatim: Set<string> }
  >()
  const waiting: (Use & { readonly verbatim: readonly string[] })[] = []

  function sinkFor({ file, mode, verbatim }: Omit<Use, 'schema'> & { verbatim: readonly string[] }): Sink {
    return {
      mode,
      ref(schema) {
        if (overrides.external[schema]) return schema
        const place = places.get(schema) ?? { files: new Set(), modes: new Set(), verbatim: new Set() }
        const before = place.files.size + place.modes.size + place.verbatim.size
        places.set(schema, place)
        place.files.add(file)
        place.modes.add(mode)
        for (const name of verbatim) place.verbatim.add(name)
        const isNew = before !== place.files.size + place.modes.size + place.verbatim.size
        if (isNew) waiting.push({ schema, file, mode, verbatim })
        return schema
      },
      declare(name, makeText) {
        makeText()
        return name
      },
      helper: name => name,
      isMap: name => isMap(name, verbatim),
    }
  }

  for (const { schema, name, ...use } of roots) shapes.typeOf(schema, name, sinkFor(use))
  for (let use = waiting.pop(); use; use = waiting.pop())
    shapes.declaration(description.components.schemas[use.schema]!, use.schema, sinkFor(use))
  return new Map(
    [...places].map(([schema, { files, modes, verbatim }]) => {
      const mode = modes.size > 1 ? 'both' : ([...modes][0] as Mode)
      return [schema, { file: ownerOf(files), mode, verbatim: [...verbatim] }]
    }),
  )
}

/** Takes a member out of a schema, and out of all that it is made of. */
function without(schema: Schema, member: string, schemas: Schemas): Schema {
  const own = schemas.resolve(schema)
  const { [member]: _, ...properties } = own.properties ?? {}
  return {
    ...own,
    ...(own.properties && { properties }),
    ...(own.allOf && { allOf: own.allOf.map(part => (part.$ref ? part : without(part, member, schemas))) }),
  }
}

/** Takes `stream` out of the requests that have a function that streams: which one is called decides. */
export function withoutStreams(description: Description, { streams, byHand }: Overrides): Description {
  const ids = [...Object.keys(streams), ...byHand]
  const schemas = createSchemas(description)
  const changed = { ...description.components.schemas }
  for (const operation of Object.values(description.paths).flatMap(methods => Object.values(methods)))
    if (ids.includes(operation.operationId))
      for (const { schema } of Object.values(operation.requestBody?.content ?? {}))
        if (schema?.$ref) {
          const name = schema.$ref.split('/').at(-1)!
          changed[name] = without(changed[name]!, 'stream', schemas)
        }
  return { ...description, components: { schemas: changed } }
}

/** Decides all that is emitted. Throws for what it does not know. */
export function makePlan(given: Description, overrides: Overrides): Plan {
  const description = withoutStreams(given, overrides)
  const schemas = createSchemas(description)
  const operations = readOperations(description, schemas, overrides).map(operation =>
    withVerbatim(operation, schemas, overrides),
  )
  const roots = [
    ...operations.flatMap(operation => rootsOf(operation, operation.verbatim)),
    ...overrides.roots.map(({ schema, ...root }) => ({
      ...root,
      schema: { $ref: `#/components/schemas/${schema}` },
      name: schema,
    })),
  ]
  for (const { schema, name, verbatim } of roots.slice(-overrides.roots.length)) {
    const own = verbatimOf(name, [schema], schemas, overrides)
    if (`${own}` !== `${verbatim}`) throw new Error(`${name} has the maps ${own}, and not ${verbatim}`)
  }
  const types = placeTypes(roots, description, schemas, overrides)
  const platform = readPlatformNames()
  const typeName = (schema: string): string => {
    const name = overrides.types[schema] ?? schema
    if (!/^[A-Z][A-Za-z0-9]*$/.test(name))
      throw new Error(`The schema ${schema} needs a name in overrides.ts`)
    if (platform.has(name)) throw new Error(`${name} would shadow the platform's: name it in overrides.ts`)
    return name
  }
  return { description, schemas, operations, types, typeName }
}
