import type { Answer } from '../call/answer.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import { openBody, readText } from '../wire/body.ts'
import { checkObject, isFailure, nameAnswer, parseJson, throwFailure } from '../wire/json.ts'
import { fromWire } from '../wire/names.ts'
import type { ReadContext } from './types.ts'

/**
 * Reads a whole JSON answer, as the operation says.
 *
 * @throws {ProtocolError} for what the API does not promise
 * @throws {LLMError} the error that came with status 200
 */
export async function readJson<T>(response: Response, context: ReadContext): Promise<Answer<T>> {
  const { signal, disconnect, watchers, maxResponseBytes: maxBytes, operation, sent, scrub } = context
  const { list, ownError, verbatim, decode } = operation
  const text = await readText(openBody(response, { signal, disconnect, maxBytes, watchers }))
  const around = { response, scrub }
  const name = () => nameAnswer(text, around)
  const json = fromWire(parseJson(text, name), verbatim)
  if (isFailure(json, list, ownError)) throwFailure(text, around)
  const fail = (failure: object, partial?: unknown) => throwFailure(JSON.stringify(failure), around, partial)
  const data = decode ? decode(json, { sent, fail }) : json
  checkObject(data, name)
  if (list && !Array.isArray(data[list])) throw new ProtocolError(`The answer has no ${list}`)
  return { data: data as T, text }
}
