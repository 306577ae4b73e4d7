import { isObject, type JsonObject } from './json.ts'
import { checkModel } from './models.ts'
import type { Call } from './route.ts'
import { refuse } from './service-error.ts'

/** The members of a form: `name[]` is a list, the others are texts and files. */
function fieldsOf(form: FormData): JsonObject {
  const fields: JsonObject = {}
  for (const [name, value] of form) {
    const list = /^(.*)\[\]$/.exec(name)?.[1]
    if (list === undefined) fields[name] = value
    else fields[list] = [...((fields[list] as unknown[] | undefined) ?? []), value]
  }
  return fields
}

/** The members of a request, as JSON or as a form. Throws the service's 400 and 404 for what is no such request. */
export function readFields({ request: { body }, models }: Call, required: readonly string[]): JsonObject {
  if (!isObject(body)) refuse('We could not parse the body of your request.', 'body', 'invalid_body')
  const fields = body instanceof FormData ? fieldsOf(body) : body
  // Only a client that does not speak the wire's names sends such a name.
  const odd = Object.keys(fields).find(key => /^[a-z][a-z0-9]*[A-Z]/.test(key))
  if (odd !== undefined) refuse(`Unrecognized request argument supplied: ${odd}`, odd, 'unknown_parameter')
  for (const name of required)
    if ((fields[name] ?? '') === '')
      refuse(`Missing required parameter: '${name}'.`, name, 'missing_required_parameter')
  if (fields.model !== undefined) checkModel(String(fields.model), models)
  return fields
}

/** A member that is a file. Throws the 400 for what is none. */
export function fileIn(fields: JsonObject, name: string): File {
  const file = [fields[name]].flat()[0]
  if (file instanceof File) return file
  refuse(`Invalid type for '${name}': expected a file.`, name, 'invalid_type')
}

/** A member that is a whole number between two others, in JSON or as the text of a form. */
export function integerIn(
  fields: JsonObject,
  name: string,
  low: number,
  high: number,
  otherwise: number,
): number {
  const value = fields[name] ?? undefined
  const number = value === undefined ? otherwise : Number(value)
  if (Number.isInteger(number) && number >= low && number <= high) return number
  refuse(`Invalid '${name}': expected an integer from ${low} to ${high}.`, name)
}
