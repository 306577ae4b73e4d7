import type { Answer } from '../call/answer.ts'
import { openBody, readText } from '../wire/body.ts'
import { isFailure, throwFailure } from '../wire/json.ts'
import type { ReadContext } from './types.ts'

/**
 * Reads an answer that promises nothing but its status: whatever it says is dropped.
 *
 * @throws {LLMError} the error that came with status 200
 */
export async function readNothing(response: Response, context: ReadContext): Promise<Answer<void>> {
  const text = await readText(openBody(response, context, context.maxResponseBytes))
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {}
  if (isFailure(Object(json))) throwFailure(text, response, context.scrub)
  return { data: undefined, text }
}
