import { type ValidationError, type ValidationIssue, validationError } from '../errors/validation-error.ts'
import { toWire } from '../wire/names.ts'
import { chatRules } from './chat-rules.ts'
import { checkRequest } from './check-request.ts'
import { embeddingRules } from './embedding-rules.ts'
import type { Rules } from './rules.ts'

/** The rules of each operation that has any. */
const RULES: { readonly [operation: string]: Rules } = {
  createChatCompletion: chatRules,
  streamChatCompletion: chatRules,
  createEmbedding: embeddingRules,
}

/** Tells what is wrong with the parameters of a request, by the rules of its operation. */
function ruleIssues(request: unknown, operation: string): readonly ValidationIssue[] {
  const rules = Object.hasOwn(RULES, operation) ? RULES[operation]! : {}
  return checkRequest(rules, Object(request))
}

/** Checks a request that is about to be sent: the client itself then tells of what JSON cannot carry. */
export function checkRules(request: unknown, operation: string): void {
  if (ruleIssues(request, operation).length) validateRequest(request, operation)
}

/** Tells what in a request cannot be sent as JSON. */
function wireIssues(request: object): readonly ValidationIssue[] {
  try {
    toWire(request)
    return []
  } catch (error) {
    return (error as ValidationError).issues
  }
}

/**
 * Checks a request before it is sent: `createClient({ validate: validateRequest })`. All that is wrong is told at once;
 * parameters that it does not know pass. Names in camelCase and in snake_case are checked alike. Of an operation without
 * rules, an endpoint of one's own for one, only what JSON cannot carry is told.
 * @param operation the endpoint function that is to send it. @default 'createEmbedding' for a request with an `input`, else
 *   'createChatCompletion'
 * @returns the request itself, not a copy
 * @throws {ValidationError}
 * @example
 * const client = createClient({ apiKey, validate: validateRequest })
 */
export function validateRequest<T>(request: T, operation?: string): T {
  const fields: object = Object(request)
  const name = operation ?? ('input' in fields ? 'createEmbedding' : 'createChatCompletion')
  const issues = [...ruleIssues(fields, name), ...wireIssues(fields)]
  const paths = new Set<string>()
  const first = issues.filter(({ path }) => paths.size < paths.add(path).size)
  if (first.length) throw validationError(first)
  return request
}
