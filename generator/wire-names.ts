import type { Description, Schema } from './description.ts'
import { mayBeMap } from './maps.ts'
import { createSchemas } from './schemas.ts'

/** The operations of chat, embeddings and models, whose names the tests of `src/wire` are held against. */
const OPERATIONS = ['createChatCompletion', 'createEmbedding', 'listModels', 'retrieveModel']

/** Names of properties on the wire. */
export interface WireNames {
  /** Those whose value is a map, or a list of maps, with keys that the description does not give. */
  readonly maps: readonly string[]
  /** All of them, down to the maps. */
  readonly names: readonly string[]
}

/** Walks what some operations send and receive, and tells the names in it. */
export function wireNamesOf(description: Description): WireNames {
  const schemas = createSchemas(description)
  const names = new Set<string>()
  const maps = new Set<string>()
  const seen = new Set<Schema>()

  function visit(schema: Schema): void {
    const own = schemas.resolve(schema)
    if (seen.has(own)) return
    seen.add(own)
    const inner = [...(schemas.variants(own) ?? []), ...(own.items ? [own.items] : [])]
    for (const child of inner) visit(child)
    for (const [name, member] of Object.entries(schemas.members(own)?.properties ?? {})) {
      names.add(name)
      if (mayBeMap(schemas, member)) maps.add(name)
      else visit(member)
    }
  }

  const operations = Object.values(description.paths).flatMap(methods => Object.values(methods))
  for (const { operationId, requestBody, responses } of operations)
    if (OPERATIONS.includes(operationId))
      for (const body of [requestBody, ...Object.values(responses)])
        for (const { schema } of Object.values(body?.content ?? {})) if (schema) visit(schema)
  return { maps: [...maps].sort(), names: [...names].sort() }
}
