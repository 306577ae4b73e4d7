import { refuse } from '../errors/validation-error.ts'
import { isObject, snakeCase, toWire } from '../wire/names.ts'
import type { CallOptions, Query } from './types.ts'

/** Options of a call that people put into the request: `headers` there would go out in the body, the form or the query, secrets and all. */
const OPTIONS = ['signal', 'timeout', 'headers', 'maxRetries', 'idempotencyKey', 'extraBody']

/** @throws {ValidationError} for an option of a call in a request, wherever that travels */
export function refuseOptions(request: unknown): void {
  for (const name of OPTIONS)
    if (Object(request)[name] !== undefined) refuse(name, 'belongs into the options, after the request')
}

/**
 * Fills the `{…}` of a route in, each with one path segment. A dot or two, even encoded, would name another one.
 *
 * @throws {ValidationError} for what is no id: `''`, `.` or `..`
 */
export function routeOf(route: string, parts: readonly unknown[]): string {
  let index = 0
  return route.replace(/\{(\w+)\}/g, (_, path: string) => {
    const id = parts[index++]
    try {
      if (typeof id === 'string' && !/^\.{0,2}$/.test(id)) return encodeURIComponent(id)
    } catch {}
    refuse(path, 'must be an id')
  })
}

/** Tells of each text, number and boolean of a value by its path: `name[]` for an item of a list, `name[member]` in an object. */
function flatten(
  path: string,
  value: unknown,
  tell: (path: string, value: Exclude<Query[string], object>) => void,
): void {
  if (!isObject(value)) tell(path, value as string)
  else if (Array.isArray(value)) for (const item of value) flatten(`${path}[]`, item, tell)
  else for (const [key, member] of Object.entries(value)) flatten(`${path}[${key}]`, member, tell)
}

/**
 * Makes the query of a request: names in snake_case, a list as `name[]` for each item, an object as `name[member]`.
 *
 * @throws {ValidationError} for what is no value of JSON
 */
export function toQuery(request: object = {}): Query {
  refuseOptions(request)
  const query: { [name: string]: Query[string] } = {}
  for (const [name, value] of Object.entries(toWire(request)))
    flatten(name, value, (path, item) => {
      query[path] = Object.hasOwn(query, path) ? ([query[path], item].flat() as string[]) : item
    })
  return query
}

function isFile(value: unknown): value is Blob | ArrayBuffer | ArrayBufferView<ArrayBuffer> {
  return value instanceof Blob || value instanceof ArrayBuffer || ArrayBuffer.isView(value)
}

/**
 * Makes a multipart form of a request: names in snake_case, `Blob`s, `File`s and bytes as they are, a list as `name[]` for each
 * item, an object as `name[member]`; what is null is left out. The platform sets the type, with its boundary.
 *
 * @param options of the call: its `extraBody` is merged last, under its own names
 * @param json names, as they are on the wire, of members that travel as the text of their JSON
 * @throws {ValidationError} for what is neither a file nor a value of JSON
 */
export function toForm(
  request: object,
  { extraBody = {} }: CallOptions = {},
  json: readonly string[] = [],
): FormData {
  refuseOptions(request)
  const form = new FormData()
  const add = (name: string, value: unknown, renames: boolean): void => {
    if (isFile(value))
      form.append(
        name,
        value instanceof Blob ? value : new Blob([value as ArrayBuffer | ArrayBufferView<ArrayBuffer>]),
      )
    else if (Array.isArray(value) && value.some(isFile))
      for (const item of value) add(`${name}[]`, item, renames)
    else {
      const wire = toWire({ [name]: value }, renames)[name]
      flatten(name, json.includes(name) ? JSON.stringify(wire) : wire, (path, item) => {
        if (item != null) form.append(path, `${item}`)
      })
    }
  }
  for (const [key, value] of Object.entries(request))
    if (!Object.hasOwn(extraBody, snakeCase(key))) add(snakeCase(key), value, true)
  for (const [key, value] of Object.entries(extraBody)) add(key, value, false)
  return form
}
