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
  readonly maxResponseBytes: number
  readonly maxEventBytes: number
}

/** Stands for the client's key among the headers while they are put together; no caller can write it as a value. */
export const UNSIGNED = '\0'

/** A request that is ready to be sent. */
export interface BuiltRequest {
  /** Whether each attempt is signed with the client's key. */
  readonly signs: boolean
  readonly method: string
  readonly url: string
  readonly init: FetchInit & { readonly headers: HeaderRecord }
}

/** Options of a call that people put into the request: `headers` there would go out in the body, secrets and all. */
const OPTIONS = ['signal', 'timeout', 'headers', 'maxRetries'] as const

function addQuery(query: URLSearchParams, more: Query | undefined): void {
  for (const [name, value] of Object.entries(more ?? {})) {
    if (value === undefined) continue
    query.delete(name)
    for (const item of value === null ? [] : [value].flat()) {
      if (!/^(string|number|boolean)$/.test(typeof item))
        throw validationError([{ path: `query.${name}`, message: 'must be a text, a number or a boolean' }])
      query.append(name, `${item}`)
    }
  }
}

function buildUrl({ baseUrl, query }: Settings, operation: Operation<unknown>, more: CallOptions['query']): string {
  const path = operation.route.replace(/^\w+ /, '')
  // The platform's parser would make another address of these.
  if (!/^\/[^\\?#\s]*$/.test(path) || /\/(\.|%2e){1,2}(\/|$)/i.test(path))
    throw new ConfigurationError('A route must be a plain path')
  const members = new URLSearchParams()
  for (const some of [query, operation.query, more]) addQuery(members, some)
  return `${baseUrl}${path}${`?${members}`.replace(/^\?$/, '')}`
}

function buildJson(operation: Operation<unknown>, extraBody: object | undefined): string {
  const { body, verbatim, stream } = operation
  const given = Object(body)
  const misplaced = OPTIONS.filter(name => given[name] !== undefined)
  if (misplaced.length)
    throw validationError(
      misplaced.map(path => ({ path, message: 'belongs into the options, the argument after the request' })),
    )
  const wire = toWire(body, { verbatim })
  if (extraBody) Object.assign(wire, toWire(extraBody, { rename: false }))
  if (stream || 'stream' in wire) Object.assign(wire, { stream: stream || undefined })
  return JSON.stringify(wire)
}

/**
 * Builds the request of an operation: address, headers and body. Everything that can be wrong with it is told here, before
 * anything is sent.
 *
 * @throws {ValidationError} for what cannot be sent
 * @throws {ConfigurationError} for a key that must not go where it would
 */
export function buildRequest(
  settings: Settings,
  operation: Operation<unknown>,
  { headers: more, query, idempotencyKey, extraBody }: CallOptions,
): BuiltRequest {
  const headers: HeaderRecord = { ...settings.headers }
  const set = (more: CallOptions['headers']) =>
    setHeaders(headers, more, (path, message) => {
      throw validationError([{ path, message }])
    })
  const url = buildUrl(settings, operation, query)
  headers.accept = operation.stream ? 'text/event-stream' : operation.read ? '*/*' : 'application/json'
  if (idempotencyKey !== undefined) set({ 'idempotency-key': idempotencyKey })
  let body: BodyInit | undefined
  if ('body' in operation) {
    headers['content-type'] = 'application/json'
    body = buildJson(operation, extraBody)
  } else if (operation.form) body = operation.form
  if (more !== undefined) set(more)
  // The client's own were looked at when it was made.
  if (more !== undefined || url.includes('?'))
    settings.guard([...Object.keys(headers), ...Array.from(queryOf(url), ([name]) => name)])
  const signs = headers.authorization === UNSIGNED
  if (signs) delete headers.authorization
  const [method] = operation.route.split(' ', 1) as [string]
  const init = { method, headers, redirect: 'manual' as const }
  return { method, url, signs, init: body === undefined ? init : { ...init, body } }
}
