import { joinPath, type ValidationIssue, validationError } from '../errors/validation-error.ts'
import { misconfigured } from '../wire/service.ts'
import type { StandardIssue, StandardSchema } from './standard-schema.ts'

/** Writes where an issue of a Standard Schema is. */
function toIssue({ message, path = [] }: StandardIssue): ValidationIssue {
  const keys = path.map(part => (typeof part === 'object' ? part.key : part))
  return { path: joinPath(keys.map(key => (typeof key === 'number' ? key : String(key)))), message }
}

/**
 * Makes a check of requests from rules of one's own: any Standard Schema, by the name of the operation. An operation without
 * rules passes. The request is sent as it was given: a schema's defaults and changes have no effect.
 * @returns a function for `createClient({ validate })`, which throws a `ValidationError`
 * @throws {ConfigurationError} for a schema that is none, and when it is used, for one that answers with a promise
 * @example
 * const validate = createValidator({ rerank: z.object({ query: z.string() }) })
 * const client = createClient({ apiKey, validate })
 */
export function createValidator(rules: {
  readonly [operation: string]: StandardSchema
}): <T>(request: T, operation?: string) => T {
  for (const [operation, schema] of Object.entries(rules))
    if (typeof schema?.['~standard']?.validate !== 'function')
      misconfigured(`createValidator: the rules of ${operation} are no Standard Schema`)
  return (request, operation = '') => {
    const schema = Object.hasOwn(rules, operation) ? rules[operation] : undefined
    const result = schema?.['~standard'].validate(request)
    if (result instanceof Promise)
      misconfigured(`createValidator: the rules of ${operation} must not be asynchronous`)
    if (result?.issues) throw validationError(result.issues.map(toIssue))
    return request
  }
}
