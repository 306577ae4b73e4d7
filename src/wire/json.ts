import { ProtocolError } from '../errors/protocol-error.ts'
import { apiFailure } from './api-failure.ts'
import { isObject, type Json } from './names.ts'

/** What an answer is read with. */
export interface AnswerContext {
  readonly response: Pick<Response, 'status' | 'headers'>
  /** Replaces the caller's secrets in a text. */
  readonly scrub: (text: string) => string
}

/** Parses JSON that a service sent. `name` says what it is, for the message: the text itself may be the user's. */
export function parseJson(text: string, name: () => string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // What begins and does not end was cut by a proxy that turned a reset into a clean end: nothing of it was handed out.
    const isCut = /^\s*[[{]/.test(text) && !/[\]}]\s*$/.test(text)
    throw new ProtocolError(`${name()} is not JSON`, { retryable: isCut || !text })
  }
}

/** Names a whole answer for the message of an error. */
export function nameAnswer(text: string, { response: { headers }, scrub }: AnswerContext): string {
  return text ? `An answer of ${scrub(headers.get('content-type') ?? 'no type')}` : 'An empty answer'
}

/** Whether an object tells of a failure, as long as it has not the member that makes it an answer. */
const TELLS = ['code', 'message', 'msg', 'detail', 'errors', 'errorCode', 'baseResp'] as const

/**
 * Tells whether what came with status 200 is a failure all the same.
 *
 * @param list names the member that makes it an answer, where there is one
 * @param ownError whether a good answer of this operation may have a member `error`
 */
export function isFailure(value: unknown, list?: string, ownError = false): boolean {
  const json: Json = Object(Array.isArray(value) ? value[0] : value)
  if ((json.error && !ownError) || json.object === 'error') return true
  // Some services say in each answer that all is well.
  if (json.code === 0 || json.code === 200 || Object(json.baseResp).statusCode === 0) return false
  return list !== undefined && !json[list] && !Array.isArray(value) && TELLS.some(name => json[name] != null)
}

/** Throws the error that a text stands for, with what had arrived before it, if anything had. */
export function throwFailure(text: string, { response, scrub }: AnswerContext, partial?: unknown): never {
  const error = apiFailure(text, response, scrub)
  if (partial !== undefined) error.partial = partial
  throw error
}

/** Checks that a value is a JSON object. @throws {ProtocolError} */
export function checkObject(value: unknown, name: () => string): asserts value is Json {
  if (!isObject(value) || Array.isArray(value)) throw new ProtocolError(`${name()} is not a JSON object`)
}
