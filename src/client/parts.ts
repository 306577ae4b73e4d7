import { refuse } from '../errors/validation-error.ts'
import { snakeCase, toWire } from '../wire/names.ts'
import type { Query } from './types.ts'

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

/** Makes the query of a request: names in snake_case, a list as `name[]` for each item, objects as `name[member]`. */
export function toQuery(request: object | undefined): Query {
  const query: { [name: string]: Query[string] } = {}
  const add = (name: string, value: unknown): void => {
    if (typeof value !== 'object' || value === null) query[name] = value as Query[string]
    else if (Array.isArray(value)) query[`${name}[]`] = value
    else for (const [key, member] of Object.entries(value)) add(`${name}[${snakeCase(key)}]`, member)
  }
  for (const [key, value] of Object.entries(request ?? {})) add(snakeCase(key), value)
  return query
}

/**
 * Makes a multipart form of a request: texts, numbers, `Blob`s and `File`s as they are, lists as `name[]`, objects as JSON. The
 * platform sets the type, with its boundary.
 */
export function toForm(request: object): FormData {
  const form = new FormData()
  const add = (name: string, value: unknown): void => {
    if (value == null) return
    if (value instanceof Blob) form.append(name, value)
    else if (Array.isArray(value)) for (const item of value) add(`${name}[]`, item)
    else form.append(name, typeof value === 'object' ? JSON.stringify(toWire(value)) : `${value}`)
  }
  for (const [key, value] of Object.entries(request)) add(snakeCase(key), value)
  return form
}
