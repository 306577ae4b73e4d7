import type { APIError } from '../errors/api-error.ts'
import { ConnectionError } from '../errors/connection-error.ts'
import { IncompleteStreamError } from '../errors/incomplete-stream-error.ts'
import { LimitError } from '../errors/limit-error.ts'
import { bareMessage, isLLMError } from '../errors/llm-error.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import { TimeoutError } from '../errors/timeout-error.ts'
import { apiFailure, parseScrubbed } from './api-failure.ts'
import type { Json } from './names.ts'

/** The errors that have no status: those of a service are known by theirs. */
const CLASSES: { readonly [name: string]: new (message: string, details: never) => Error } = {
  ConnectionError,
  IncompleteStreamError,
  LimitError,
  ProtocolError,
  TimeoutError,
}

/** Makes what is told of an error to whoever reads a stream that is passed on: its class, and nothing of the account. */
export function tellFailure(error: unknown): object {
  if (!isLLMError(error))
    return { message: 'The stream was aborted', type: 'aborted', code: null, param: null }
  const { name, code, status, type, param, phase, retryAfter, retryable } = error as Partial<APIError> &
    typeof error & { phase?: string }
  return {
    // The reader puts the status there again, and its own address.
    message: bareMessage(error).replace(/^\d{3} /, ''),
    type: type ?? name,
    code: code ?? null,
    param: param ?? null,
    name,
    status,
    phase,
    retry_after: retryAfter,
    retryable,
  }
}

/**
 * Throws the error that an event tells of. One that {@link tellFailure} told of has the class that it had at the sender, and
 * its message once.
 *
 * @param json the event, its names in camelCase
 */
export function throwRelayed(
  text: string,
  { error: given }: Json,
  response: Pick<Response, 'status' | 'headers'>,
  scrub: (text: string) => string,
): never {
  const error: Json = Object(parseScrubbed(JSON.stringify(given ?? null), scrub))
  const { name, message, code, phase, retryable, retryAfter, status } = error
  const Failure = Object.hasOwn(CLASSES, `${name}`) && CLASSES[`${name}`]
  if (!Failure || status)
    throw Object.assign(apiFailure(text, response, scrub), Number.isFinite(retryAfter) && { retryAfter })
  const details = { code: code ?? undefined, phase, retryable: retryable === true }
  throw new Failure(`${message}`, details as never)
}
