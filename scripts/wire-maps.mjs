// Reads the API's public description and writes what the tests of the names on the wire are held against:
//
//   node scripts/wire-maps.mjs path/to/openapi.json
//
// `names` are all property names that the endpoints of this package send or receive; `maps` are the properties among
// them whose value is a map, or a list of maps, with keys that the description does not give.
import { readFileSync, writeFileSync } from 'node:fs'

const OPERATIONS = ['createChatCompletion', 'createEmbedding', 'listModels', 'retrieveModel']

const [source] = process.argv.slice(2)
if (!source) throw new Error('Usage: node scripts/wire-maps.mjs path/to/openapi.json')
const api = JSON.parse(readFileSync(source, 'utf8'))

const resolve = schema => {
  if (!schema?.$ref) return schema
  return schema.$ref
    .slice(2)
    .split('/')
    .reduce((value, key) => value[key], api)
}

/** The schema, and those that it is made of. */
const parts = (schema, seen = new Set()) => {
  const own = resolve(schema)
  if (!own || seen.has(own)) return []
  seen.add(own)
  const inner = [own.allOf, own.anyOf, own.oneOf].flatMap(list => list ?? [])
  return [own, ...inner.flatMap(child => parts(child, seen))]
}

/** Whether a value of the schema is an object with names that the schema does not give. */
const isMap = schema => {
  const all = parts(schema)
  if (all.some(({ properties }) => properties)) return false
  return all.some(({ type, additionalProperties }) => {
    return [type].flat().includes('object') || (additionalProperties && additionalProperties !== true)
  })
}

const names = new Set()
const maps = new Set()
const visited = new Set()

function visit(schema) {
  for (const part of parts(schema)) {
    if (visited.has(part)) continue
    visited.add(part)
    for (const [name, property] of Object.entries(part.properties ?? {})) {
      names.add(name)
      const items = parts(property).flatMap(({ items }) => (items ? [items] : []))
      if ([property, ...items].some(isMap)) maps.add(name)
      else visit(property)
    }
    if (part.items) visit(part.items)
  }
}

for (const methods of Object.values(api.paths)) {
  for (const operation of Object.values(methods)) {
    if (!OPERATIONS.includes(operation?.operationId)) continue
    const bodies = [operation.requestBody, ...Object.values(operation.responses ?? {})].map(resolve)
    for (const body of bodies) for (const { schema } of Object.values(body?.content ?? {})) visit(schema)
  }
}
// A chunk is the schema of the events, which some versions of the description name nowhere.
visit(api.components.schemas.CreateChatCompletionStreamResponse)

const file = new URL('../test/fixtures/wire-maps.json', import.meta.url)
writeFileSync(file, `${JSON.stringify({ maps: [...maps].sort(), names: [...names].sort() }, null, 2)}\n`)
