import { ProtocolError } from '../errors/protocol-error.ts'
import { apiFailure } from '../internal/api-failure.ts'
import { openBody, readText } from '../internal/read-body.ts'
import type { Answer, ReadContext } from './client.ts'
import { fromWire } from './wire-names.ts'

type Json = { readonly [key: string]: unknown }

/**
 * The object that a text holds, renamed. An error that came with status 200 is thrown as one.
 *
 * @param isError whether the service says that it is one, whatever it looks like
 * @param what tells what the text is, for the message: the text itself may be the user's
 * @throws {ProtocolError} for anything but a JSON object
 */
export function parseJson(
  text: string,
  response: Response,
  { scrub, place }: ReadContext,
  isError = false,
  what: () => string = () =>
    text ? `An answer of ${response.headers.get('content-type') ?? 'no type'}` : 'An empty answer',
): Json {
  let value: Json | undefined
  try {
    // A large answer's keys are not kept.
    value = fromWire(JSON.parse(text), text.length < 65_536 ? place : {}) as Json
  } catch {}
  if (isError || value?.error || value?.object === 'error') throw apiFailure(text, response, scrub)
  if (!value || typeof value !== 'object' || Array.isArray(value))
    throw new ProtocolError(`${what()} is not a JSON object`, { retryable: !text })
  return value
}

/** Reads a whole JSON answer; `list` names the member that must be an array. */
export async function readJson<T>(
  response: Response,
  context: ReadContext,
  list?: keyof T & string,
): Promise<Answer<T>> {
  const text = await readText(openBody(response, context.signal, context.maxResponseBytes, context.onBytes))
  const data = parseJson(text, response, context) as T
  if (list && !Array.isArray(data[list])) throw new ProtocolError(`The answer has no ${list}`)
  return Object.assign(new Response(text, response), { data })
}
