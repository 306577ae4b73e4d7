import type { Answer } from '../call/answer.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import { openBody, readText } from '../wire/body.ts'
import { isFailure, nameAnswer, parseJson, throwFailure } from '../wire/json.ts'
import { fromWire, type Json } from '../wire/names.ts'
import type { ReadContext } from './types.ts'

/**
 * Reads a whole JSON answer, as the operation says.
 * @throws {ProtocolError} for what the API does not promise
 * @throws {LLMError} the error that came with status 200
 * @example
 * endpoint<{ id: string }, { ok: boolean }>('check', 'POST /check', { read: (response, context) => readJson(response, context) })
 */
export async function readJson<T>(response: Response, context: ReadContext): Promise<Answer<T>> {
  const { operation, body, scrub, maxResponseBytes } = context
  const { list, ownError, verbatim, decode } = operation
  const text = await readText(openBody(response, context, maxResponseBytes))
  const json = fromWire(
    parseJson(text, () => nameAnswer(text, response, scrub)),
    verbatim,
  ) as Json
  if (isFailure(json, list, ownError)) throwFailure(text, response, scrub)
  const fail = (failure: object, partial?: unknown) =>
    throwFailure(JSON.stringify(failure), response, scrub, partial)
  const data = (decode ? decode(json, { body, fail }) : json) as Json
  if (Array.isArray(data) || (list && !Array.isArray(data[list])))
    throw new ProtocolError(`The answer has no ${list ?? 'members'}`)
  return { data: data as T, text }
}
