import type { ValidationIssue } from '../errors/validation-error.ts'

/** Tells a model what is wrong, and where. Validators may quote the value, which the model knows: of a long one, not all. */
export function describeIssues(issues: readonly ValidationIssue[]): string {
  const lines = issues.slice(0, 20).map(({ path, message }) => (path && `${path}: `) + message.slice(0, 200))
  return lines.join('; ')
}
