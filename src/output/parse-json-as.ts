import { OutputError } from '../errors/output-error.ts'
import { joinPath } from '../errors/validation-error.ts'
import { removeNulls } from './remove-nulls.ts'
import type { Schema, SchemaIssue } from './schema.ts'
import type { SchemaNode } from './strict-schema.ts'

function pathOf({ path = [] }: SchemaIssue): string {
  return joinPath(path.map(part => String(typeof part === 'object' ? part.key : part)))
}

/**
 * Reads a model's JSON.
 * @param schema checks it
 * @param forced the schema that was forced to be strict, if it was
 * @throws {OutputError} with the code `NOT_JSON` or `SCHEMA`
 */
export async function parseJsonAs<T>(
  text: string,
  schema: Schema<T>,
  forced: SchemaNode | undefined,
): Promise<T> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    // Not as `cause`: the platform's error quotes the text.
    const issues = [{ path: '', message: 'is not JSON' }]
    throw new OutputError('The model wrote no JSON', { code: 'NOT_JSON', issues })
  }
  removeNulls(json, forced)
  const result = await schema['~standard'].validate(json)
  if (!result.issues) return result.value
  const issues = result.issues.map(issue => ({ path: pathOf(issue), message: issue.message }))
  // Without the paths: keys of a map are the model's words, too.
  throw new OutputError('The schema refuses what the model wrote', { code: 'SCHEMA', issues })
}
