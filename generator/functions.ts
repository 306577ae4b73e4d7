import { camelCase } from '../src/wire/names.ts'
import type { Schema } from './description.ts'
import { comment, plainText } from './docs.ts'
import type { Module } from './module.ts'
import { querySchema, typeNameFor } from './operations.ts'
import type { Overrides, StreamOverride } from './overrides.ts'
import type { PlannedOperation } from './plan.ts'

/** What the functions of an operation are made with. */
export interface Tools {
  readonly module: Module
  readonly readers: Overrides['readers']
  /** The text of the type of a schema. */
  typeOf(schema: Schema, name: string, mode: 'request' | 'answer'): string
}

const REFERENCE = 'https://platform.openai.com/docs/api-reference'

const quoted = (text: string): string => `'${text}'`

/** A list of names, of some of them both spellings: a request may have either. */
function spellings(names: readonly string[], inBoth: readonly string[] = names): string {
  const all = names.flatMap(name =>
    inBoth.includes(name) && camelCase(name) !== name ? [name, camelCase(name)] : [name],
  )
  return `[${all.map(quoted).join(', ')}]`
}

/** The type of the request: that of the body, of the query, or of both. */
function requestType(operation: PlannedOperation, { typeOf }: Tools): string | undefined {
  const { query, body } = operation
  const bodies = (body?.schemas ?? []).map(schema =>
    typeOf(schema, typeNameFor(operation, 'Request'), 'request'),
  )
  const whole = query.length
    ? typeOf(querySchema(query), typeNameFor(operation, 'Query'), 'request')
    : undefined
  if (!bodies.length) return whole
  return whole ? `${bodies.join(' | ')} & ${whole}` : bodies.join(' | ')
}

function isOptional({ query, body }: PlannedOperation): boolean {
  return (!body || body.isOptional) && query.every(({ required }) => !required)
}

/** The members of an operation that carry the request, and the statement that takes a request apart before. */
function carry(
  operation: PlannedOperation,
  tools: Tools,
  stream: StreamOverride | undefined,
): { before: string; members: readonly string[] } {
  const { query, body, jsonMembers } = operation
  const { module } = tools
  const names = query.map(({ name }) => name.replace(/\[\]$/, ''))
  if (!body)
    return {
      before: '',
      members: query.length ? [`query: ${module.use('toQuery', 'client/parts', false)}(request)`] : [],
    }
  if (names.some(name => camelCase(name) !== name && query.length && body))
    throw new Error(`${operation.id} has a body and a query of more than one word`)
  const before = names.length ? `const { ${names.join(', ')}, ...body } = request\n` : ''
  const own = names.length ? 'body' : 'request'
  const asked = stream?.ask ? `{ ...${own}, ${stream.ask[0]}: ${quoted(stream.ask[1])} }` : own
  // A form says itself whether it asks for a stream; in JSON the client does.
  const inForm =
    operation.stream && !stream?.ask ? `{ ...${own}, stream: ${stream ? true : undefined} }` : asked
  const more = jsonMembers.length ? `, ${spellings(jsonMembers)}` : ''
  const carried = {
    json: () => (asked === 'request' ? 'body: request' : asked === 'body' ? 'body' : `body: ${asked}`),
    form: () => `form: ${module.use('toForm', 'client/parts', false)}(${inForm}, options${more})`,
    either: () => `...${module.use('formOrBody', 'openai/form-or-body', false)}(${inForm}, options)`,
  }[body.kind]()
  return {
    before,
    members: names.length
      ? [`query: ${module.use('toQuery', 'client/parts', false)}({ ${names.join(', ')} })`, carried]
      : [carried],
  }
}

/** The operation as an expression: made within the call where making it may throw. */
function operationText(
  operation: PlannedOperation,
  tools: Tools,
  stream: StreamOverride | undefined,
  asType: () => string,
): string {
  const { module, readers } = tools
  const { name, route, parts, list, ownError, verbatim, read, body } = operation
  const { before, members } = carry(operation, tools, stream)
  const useReader = (reader: string): string => module.use(reader, readers[reader]!, false)
  const path = parts.length
    ? `${module.use('routeOf', 'client/parts', false)}(${quoted(route)}, [${parts.map(part => part.name).join(', ')}])`
    : quoted(route)
  const streamed = stream && [
    `stream: ${stream.ask ? "'asked'" : true}`,
    `read: ${useReader(stream.read)}${stream.last ? `([${stream.last.map(quoted).join(', ')}]${stream.countIn ? `, { countIn: ${useReader(stream.countIn)} }` : ''})` : ''}`,
  ]
  const plain = [
    ...(list ? [`list: ${quoted(list)}`] : []),
    ...(ownError ? ['ownError: true'] : []),
    ...(read ? [`read: ${useReader(read)}`] : []),
  ]
  const all = [
    `name: ${quoted(stream ? stream.name : name)}`,
    `route: ${path}`,
    ...members,
    ...(streamed ?? plain),
    ...(verbatim.length ? [`verbatim: ${spellings(verbatim, operation.verbatimInRequest)}`] : []),
  ]
  const literal = `{ ${all.join(', ')} }`
  const mayThrow =
    parts.length > 0 ||
    before !== '' ||
    (body && body.kind !== 'json') ||
    members.some(member => member.startsWith('query'))
  if (before)
    return `(): ${module.use('Operation', 'client/types')}<${asType()}> => {\n${before}return ${literal}\n}`
  return mayThrow ? `() => (${literal})` : literal
}

function signature(operation: PlannedOperation, tools: Tools, name: string, result: string): string {
  const type = requestType(operation, tools)
  const optional = isOptional(operation)
  const needsValue = operation.body !== undefined && optional
  const request =
    type && `request${needsValue ? '' : optional ? '?' : ''}: ${type}${needsValue ? ' = {}' : ''}`
  const parameters = [
    `client: ${tools.module.use('Client', 'client/types')}`,
    ...operation.parts.map(part => `${part.name}: string`),
    ...(request ? [request] : []),
    `options?: ${tools.module.use('CallOptions', 'client/types')}`,
  ]
  return `export function ${name}(${parameters.join(', ')}): ${result}`
}

function docsFor(operation: PlannedOperation, first: string): string {
  const { route, parts, group } = operation
  const said = parts.map(
    ({ name, description }) => `@param ${name} ${lowerFirst(plainText(description)) || 'its id'}`,
  )
  return comment([first, `\`${route}\``, ...said, group && `@see ${REFERENCE}/${group}`])
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z ]/.test(text) ? text[0]!.toLowerCase() + text.slice(1) : text
}

/** The function of an operation, and the one that streams it. */
export function functionsOf(operation: PlannedOperation, tools: Tools): readonly string[] {
  const { name, answer, read, summary, stream } = operation
  const { module, typeOf } = tools
  const known: { readonly [read: string]: string } = { readRaw: 'Response', readNothing: 'void' }
  const type = known[read ?? ''] ?? typeOf(answer!, typeNameFor(operation, 'Response'), 'answer')
  const text = operationText(operation, tools, undefined, () => type)
  const head = signature(operation, tools, name, `${module.use('ResultPromise', 'client/types')}<${type}>`)
  const plain = `${docsFor(operation, plainText(summary))}${head} {\nreturn client.request<${type}>(${text}, options)\n}\n`
  if (!stream) return [plain]
  const event = typeOf(
    { $ref: `#/components/schemas/${stream.events}` },
    typeNameFor(operation, 'Event'),
    'answer',
  )
  const eventReader = () => `${module.use('EventReader', 'stream/sse-reader')}<${event}>`
  const streamText = operationText(operation, tools, stream, eventReader)
  const streamHead = signature(
    operation,
    tools,
    stream.name,
    `${module.use('EventStream', 'stream/event-stream')}<${event}>`,
  )
  const ends = stream.last ? ` It ends with ${stream.last.map(last => `\`${last}\``).join(' or ')}.` : ''
  const streamDocs = docsFor(operation, `Does what {@link ${name}} does, as a stream of events.${ends}`)
  const open = module.use('openStream', 'stream/event-stream', false)
  return [
    plain,
    `${streamDocs}${streamHead} {\nreturn ${open}<${event}>(client, ${streamText}, options)\n}\n`,
  ]
}
