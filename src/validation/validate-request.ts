import { ChatCompletionRequestSchema } from '../chat/schema.ts'
import { checkRequest } from '../client/check-request.ts'
import { toWire } from '../client/wire-names.ts'
import { EmbeddingRequestSchema } from '../embeddings/schema.ts'
import { invalid, type ValidationError, type ValidationIssue } from '../errors/validation-error.ts'

/** What in a request cannot be sent as JSON. */
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
 * parameters that it does not know pass. Names in camelCase and in snake_case are checked alike.
 *
 * @param operation the endpoint function that is to send it. @default 'createEmbedding' for a request with an `input`, else
 *   'createChatCompletion'
 * @returns the request itself, not a copy
 * @throws {ValidationError}
 */
export function validateRequest<T>(request: T, operation?: string): T {
  const fields: object = Object(request)
  const isEmbedding = operation ? operation === 'createEmbedding' : 'input' in fields
  const schema = isEmbedding ? EmbeddingRequestSchema : ChatCompletionRequestSchema
  const issues = [...checkRequest(schema, fields), ...wireIssues(fields)]
  const first = issues.filter(({ path }, place) => issues.findIndex(issue => issue.path === path) === place)
  if (first.length) throw invalid(first)
  return request
}
