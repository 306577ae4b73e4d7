// Makes `generator/openai.json` out of the whole public description: what is generated from, and nothing else.
//
//   node generator/trim.ts path/to/openapi.json

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import type { Description, Json } from './description.ts'
import { refName } from './description.ts'
import { overrides } from './overrides.ts'

/** The paths of the administration of an organization: their keys are for no program that this library is for. */
const ADMIN = /^\/(organization|projects)(\/|$)/

/** Members that nothing is made of: samples of code, and what other generators are told. */
const UNUSED = /^(x-oaiMeta|x-stainless.*|x-oaiExpandable|x-oaiTypeLabel|x-oaiSupportedSDKs|x-oai-beta)$/

/** Copies a value without the members that nothing is made of. `root` is the schema that it is in: `#` in a draft of 2019. */
function strip(value: unknown, root?: string): unknown {
  if (Array.isArray(value)) return value.map(item => strip(item, root))
  if (typeof value !== 'object' || value === null) return value
  if ('$recursiveRef' in value) return { $ref: `#/components/schemas/${root}` }
  const kept = Object.entries(value).filter(([key]) => !UNUSED.test(key) && key !== '$recursiveAnchor')
  return Object.fromEntries(kept.map(([key, member]) => [key, strip(member, root)]))
}

function collectRefs(value: unknown, found: Set<string>): Set<string> {
  if (Array.isArray(value)) for (const item of value) collectRefs(item, found)
  else if (typeof value === 'object' && value !== null) {
    const { $ref } = value as { $ref?: unknown }
    if (typeof $ref === 'string') found.add(refName($ref))
    for (const member of Object.values(value)) collectRefs(member, found)
  }
  return found
}

/** Keeps an operation's good answers and the group of the reference in which it stands. */
function trimOperation(operation: Json): Json {
  const { responses, security: _, 'x-oaiMeta': meta, ...rest } = operation
  const good = Object.entries(responses as Json).filter(([status]) => status.startsWith('2'))
  const group = (meta as Json | undefined)?.group
  return {
    ...(strip(rest) as Json),
    responses: strip(Object.fromEntries(good)),
    ...(group !== undefined && { 'x-group': group }),
  }
}

function trimPaths(paths: Json): Json {
  const kept: Json = {}
  for (const [path, methods] of Object.entries(paths)) {
    // A query inside a path is the twin of another operation, and not valid OpenAPI.
    if (ADMIN.test(path) || path.includes('?')) continue
    for (const [method, operation] of Object.entries(methods as { [method: string]: Json }))
      if (!operation.deprecated) kept[path] = { ...(kept[path] as Json), [method]: trimOperation(operation) }
  }
  return kept
}

/** Keeps the schemas that are reached from what was kept, in their order. */
function trimSchemas(schemas: Json, from: unknown, more: readonly string[]): Json {
  const reached = collectRefs(from, new Set(more))
  const waiting = [...reached]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop())
    for (const inner of collectRefs(schemas[name], new Set()))
      if (!reached.has(inner)) {
        reached.add(inner)
        waiting.push(inner)
      }
  return Object.fromEntries(
    Object.entries(schemas)
      .filter(([name]) => reached.has(name))
      .map(([name, schema]) => [name, strip(schema, name)]),
  )
}

/** Writes each operation and each schema on a line of its own: the difference of two descriptions can be read. */
function print(value: Json, depth: number): string {
  if (depth === 0) return JSON.stringify(value)
  const members = Object.entries(value).map(([key, member]) => {
    const isDeep = typeof member === 'object' && member !== null && !Array.isArray(member)
    return `${JSON.stringify(key)}: ${isDeep ? print(member as Json, depth - 1) : JSON.stringify(member)}`
  })
  return `{\n${members.join(',\n')}\n}`
}

const [source] = process.argv.slice(2)
if (!source) throw new Error('Usage: node generator/trim.ts path/to/openapi.json')
const whole = JSON.parse(readFileSync(source, 'utf8')) as Description & Json
const streamed = Object.values(overrides.streams).map(({ events }) => events)
const { openapi, info, servers, webhooks } = whole
const kept = { paths: trimPaths(whole.paths as unknown as Json), webhooks: strip(webhooks) as Json }
const schemas = trimSchemas(whole.components.schemas as unknown as Json, kept, [
  ...streamed,
  ...overrides.roots.map(({ schema }) => schema),
])
const file = join(import.meta.dirname, 'openai.json')
const head = { openapi, info, servers } as Json
writeFileSync(file, `${print({ ...head, ...kept, components: { schemas } }, 3)}\n`)
console.log(`${Object.keys(kept.paths).length} paths, ${Object.keys(schemas).length} schemas`)
