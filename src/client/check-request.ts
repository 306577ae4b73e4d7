import { type GenericSchema, safeParse } from 'valibot'
import type { ValidationIssue } from '../errors/validation-error.ts'
import { camelCase } from './wire-names.ts'

/** A schema of parameters, in camelCase. */
export interface RequestSchema {
  readonly entries: { readonly [name: string]: GenericSchema }
}

/** What is wrong with a value. valibot's own messages hold the value, so only what it expected is taken. */
function check(schema: GenericSchema, value: unknown, name: string): ValidationIssue[] {
  const { issues = [] } = safeParse(schema, value)
  return issues.map(({ path = [], kind, expected, received, message }) => ({
    path: [name, ...path.map(({ key }) => key)].join('.'),
    // Of a member that is not there, valibot expects its name.
    message: received === 'undefined' ? 'is missing' : kind === 'schema' ? `must be ${expected}` : message,
  }))
}

/** What is wrong with the parameters that are given, in either spelling. Those that the schema does not know pass. */
export function checkParameters({ entries }: RequestSchema, parameters: object): ValidationIssue[] {
  return Object.entries(parameters).flatMap(([key, value]) => {
    const name = camelCase(key)
    return Object.hasOwn(entries, name) ? check(entries[name]!, value, key) : []
  })
}

/** What is wrong with a request: a parameter that is missing, or one that is given. */
export function checkRequest(schema: RequestSchema, request: object): ValidationIssue[] {
  const given = new Set(Object.keys(request).map(camelCase))
  const missing = Object.entries(schema.entries).filter(([name]) => !given.has(name))
  return [
    ...missing.flatMap(([name, entry]) => check(entry, undefined, name)),
    ...checkParameters(schema, request),
  ]
}
