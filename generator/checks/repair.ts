import {
  type Content,
  type DescribedOperation,
  type Description,
  type Json,
  refName,
  type Schema,
} from '../description.ts'
import { overrides } from '../overrides.ts'

/**
 * Repairs a schema where a validator stumbles: `nullable` without a `type` makes it refuse the schema in silence, and it would
 * then validate nothing; `discriminator` needs a mapping that is not there.
 */
function repairSchema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(repairSchema)
  if (typeof value !== 'object' || value === null) return value
  const { nullable, discriminator: _, exclusiveMinimum, ...rest } = value as Json
  const own = Object.fromEntries(Object.entries(rest).map(([key, member]) => [key, repairSchema(member)]))
  // A boolean in the draft of OpenAPI 3.0.
  if (typeof exclusiveMinimum === 'number') own.exclusiveMinimum = exclusiveMinimum
  if (nullable !== true) return own
  if (typeof own.type === 'string')
    return { ...own, type: [own.type, 'null'], ...(Array.isArray(own.enum) && { enum: [...own.enum, null] }) }
  return Object.keys(own).length ? { anyOf: [own, { type: 'null' }] } : {}
}

/** Examples of whole shapes, several of which their own schemas refuse: an answer is then made of the schema instead. */
function withoutExamples(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutExamples)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(
    ([key, member]) => !(/^examples?$/.test(key) && typeof member === 'object' && !isSchema(member)),
  )
  return Object.fromEntries(kept.map(([key, member]) => [key, withoutExamples(member)]))
}

/** Whether what is called an example is the schema of a member of that name. */
function isSchema(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && ('type' in value || '$ref' in value || 'anyOf' in value)
  )
}

/** Whether a member of a form may be a list, which is `name[]` there. */
function mayBeList({ type, anyOf = [], oneOf = [] }: Schema): boolean {
  return type === 'array' || [...anyOf, ...oneOf].some(variant => variant.type === 'array')
}

/** A form as it is on the wire: a list is `name[]`, of which one looks like one value, and what is encoded as JSON is a text. */
function repairForm({ schema, encoding = {}, ...rest }: Content[string], description: Description): Json {
  const own = schema!.$ref ? description.components.schemas[refName(schema!.$ref)]! : schema!
  const properties: Json = {}
  for (const [name, member] of Object.entries(own.properties ?? {})) {
    properties[name] = encoding[name]?.contentType === 'application/json' ? { type: 'string' } : member
    if (mayBeList(member)) properties[`${name}[]`] = {}
  }
  const required = own.required?.filter(name => !mayBeList(own.properties![name]!)) ?? []
  return { ...rest, schema: { ...own, properties, required } }
}

function repairOperation(operation: DescribedOperation, description: Description): Json {
  const { requestBody, responses, ...others } = operation
  // Made up by type, `transfer-encoding: string` breaks the connection.
  const answers = Object.entries(responses).map(([status, { content }]) => [
    status,
    { description: '', ...(content && { content }) },
  ])
  const rest = { ...others, responses: Object.fromEntries(answers) }
  if (!requestBody) return rest as unknown as Json
  const content = Object.entries(requestBody.content).map(([type, one]) => {
    return [type, type.startsWith('multipart/') ? repairForm(one, description) : one]
  })
  return { ...rest, requestBody: { ...requestBody, content: Object.fromEntries(content) } } as unknown as Json
}

/** A copy of the description that a validator can use, with the paths that are known to be right. */
export function repaired(given: Description): Json {
  const description = withoutExamples(repairSchema(given)) as Description
  const paths: Json = {}
  for (const [path, methods] of Object.entries(description.paths))
    for (const [method, operation] of Object.entries(methods)) {
      const own = overrides.paths[operation.operationId] ?? path
      paths[own] = { ...(paths[own] as Json), [method]: repairOperation(operation, description) }
    }
  const { openapi, info, components } = description
  return { openapi, info, paths, components } as unknown as Json
}
