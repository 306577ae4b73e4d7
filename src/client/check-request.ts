import { type GenericSchema, safeParse } from 'valibot'
import type { ValidationIssue } from '../errors/validation-error.ts'

/** What is wrong with a value, by its schema. valibot's own messages hold the value, so only what it expected is taken. */
export function check(schema: GenericSchema, value: unknown): ValidationIssue[] {
  const { issues = [] } = safeParse(schema, value)
  return issues.map(({ path = [], kind, expected, message }) => ({
    path: path.map(({ key }) => key).join('.'),
    message: kind === 'schema' ? `must be ${expected}` : message,
  }))
}
