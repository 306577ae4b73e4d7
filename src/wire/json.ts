import { ProtocolError } from '../errors/protocol-error.ts'
import { apiFailure } from './api-failure.ts'
import { isObject, type Json } from './names.ts'

/**
 * Parses JSON that a service sent.
 *
 * @param name says what it is, for the message: the text itself may be the user's
 * @param isWhole whether it is a whole answer
 */
export function parseJson(text: string, name: () => string, isWhole = true): Json {
  try {
    const value = JSON.parse(text)
    if (isObject(value)) return value
  } catch {}
  // What begins and does not end was cut by a proxy that turned a reset into a clean end: nothing of it was handed out.
  throw new ProtocolError(`${name()} is not a JSON object`, {
    retryable: isWhole && (!text || /^[[{].*[^\]}]$/s.test(text.trim())),
  })
}

/** Names a whole answer for the message of an error. */
export function nameAnswer(text: string, { headers }: Response, scrub: (text: string) => string): string {
  return text ? `An answer of ${scrub(headers.get('content-type') ?? 'no type')}` : 'An empty answer'
}

/**
 * Tells whether what came with status 200 is a failure all the same, in any known shape.
 *
 * @param list names the member that makes it an answer, where there is one
 * @param ownError whether a good answer of this operation may have a member `error`
 */
export function isFailure(value: Json, list?: string, ownError = false): boolean {
  const json: Json = Array.isArray(value) ? Object(value[0]) : value
  if ((json.error && !ownError) || json.object === 'error') return true
  if (!list || value[list]) return false
  const { code, message, msg, detail, errors, errorCode, baseResp } = json
  // Some services say in each answer that all is well.
  const said = Object(baseResp).statusCode ?? errorCode ?? code
  return !/^(200|0)$/.test(said as string) && !!(said || message || msg || detail || errors)
}

/** Throws the error that a text stands for, with what had arrived before it, if anything had. */
export function throwFailure(
  text: string,
  response: Pick<Response, 'status' | 'headers'>,
  scrub: (text: string) => string,
  partial?: unknown,
): never {
  throw Object.assign(apiFailure(text, response, scrub), { partial })
}
