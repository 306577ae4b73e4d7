import type { FetchInit } from '../call/policy.ts'
import { queryOf } from '../call/secrets.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { validationError } from '../errors/validation-error.ts'
import { type HeaderRecord, setHeaders } from '../wire/headers.ts'
import { toWire } from '../wire/names.ts'
import type { Service } from '../wire/service.ts'
import type { CallOptions, ClientConfig, Operation, Query } from './types.ts'

/** A client's checked configuration. */
export interface Settings extends Service, Pick<ClientConfig, 'query' | 'validate' | 'fetch'> {
  /** Those of every request; `authorization` is {@link UNSIGNED} where the client's key stands there. */
  readonly headers: HeaderRecord
  readonly limits: { readonly maxResponseBytes: number; readonly maxEventBytes: number }
}

/** Stands for the client's key among the headers while they are put together; no caller can write it as a value. */
export const UNSIGNED = '\0'

/** Options of a call that people put into the request: `headers` there would go out in the body, secrets and all. */
const OPTIONS = ['signal', 'timeout', 'headers', 'maxRetries']

function refuse(path: string, message: string): never {
  throw validationError([{ path, message }])
}

/** Builds the address of an operation: its path below the client's, and the members of all queries. */
export function buildUrl(
  { baseUrl, query }: Settings,
  { route, query: own }: Operation<unknown>,
  more: Query | undefined,
): string {
  const [, path] = route.split(' ') as [string, string]
  // The platform's parser would make another address of these.
  if (/^[^/]|[\\?#\s]|\/(\.|%2e){1,2}(\/|$)/i.test(path))
    throw new ConfigurationError('A route must be a plain path')
  if (!(query || own || more)) return baseUrl + path
  const members = new URLSearchParams()
  for (const [name, value] of [query, own, more].flatMap(some => Object.entries(some ?? {}))) {
    if (value === undefined) continue
    members.delete(name)
    for (const item of value === null ? [] : [value].flat())
      if (/^[snb][^y]/.test(typeof item)) members.append(name, `${item}`)
      else refuse(`query.${name}`, 'must be a text, a number or a boolean')
  }
  const text = `${members}`
  return baseUrl + path + (text && '?') + text
}

function buildBody({ body, verbatim, stream }: Operation<unknown>, extraBody: object = {}): string {
  for (const name of OPTIONS)
    if (Object(body)[name] !== undefined)
      refuse(name, 'belongs into the options, the argument after the request')
  return JSON.stringify({ ...toWire(body, true, verbatim), ...toWire(extraBody, false), stream })
}

/**
 * Builds what `fetch` is given for an operation. Everything that can be wrong with it is told here, before anything is sent.
 *
 * @returns whether each attempt is signed with the client's key, too
 * @throws {ValidationError} for what cannot be sent
 * @throws {ConfigurationError} for a key that must not go where it would
 */
export function buildInit(
  settings: Settings,
  operation: Operation<unknown>,
  url: string,
  { headers: more, idempotencyKey, extraBody }: CallOptions,
): [FetchInit & { readonly headers: HeaderRecord }, signs: boolean] {
  const { read, stream, form } = operation
  const headers: HeaderRecord = {
    ...settings.headers,
    accept: stream ? 'text/event-stream' : read ? '*/*' : 'application/json',
  }
  const [method] = operation.route.split(' ') as [string]
  const init = { method, headers, redirect: 'manual' as const }
  if ('body' in operation) {
    headers['content-type'] = 'application/json'
    Object.assign(init, { body: buildBody(operation, extraBody) })
  } else if (form) Object.assign(init, { body: form })
  if (idempotencyKey !== undefined) setHeaders(headers, { 'idempotency-key': idempotencyKey }, refuse)
  if (more) setHeaders(headers, more, refuse)
  const signs = headers.authorization === UNSIGNED
  if (signs) delete headers.authorization
  // The client's own were looked at when it was made.
  if (more || url.includes('?')) settings.guard([...Object.entries(headers), ...queryOf(url)])
  return [init, signs]
}
