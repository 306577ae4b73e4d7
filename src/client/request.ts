import type { FetchInit } from '../call/policy.ts'
import { queryOf } from '../call/secrets.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { validationError } from '../errors/validation-error.ts'
import { type HeaderRecord, setHeaders } from '../wire/headers.ts'
import { snakeCase, toWire } from '../wire/names.ts'
import type { Service } from '../wire/service.ts'
import type { CallOptions, ClientConfig, Operation } from './types.ts'

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

/** Fills a path segment in. A dot or two, even encoded, would name another one. */
function segment(name: string, value: unknown): string {
  try {
    if (typeof value === 'string' && !/^\.{0,2}$/.test(value)) return encodeURIComponent(value)
  } catch {}
  throw validationError([{ path: name, message: 'must be an id' }])
}

function addQuery(query: URLSearchParams, more: object | undefined, rename: (name: string) => string): void {
  for (const [key, value] of Object.entries(more ?? {})) {
    const name = rename(key)
    if (value === null) query.delete(name)
    else if (Array.isArray(value)) for (const item of value) addQuery(query, { [`${name}[]`]: item }, String)
    else if (/^(string|number|boolean)$/.test(typeof value)) query.set(name, `${value}`)
    else if (value !== undefined)
      throw validationError([{ path: `query.${key}`, message: 'must be a text, a number or a boolean' }])
  }
}

function buildUrl({ baseUrl, query }: Settings, operation: Operation<unknown>, more: CallOptions['query']): string {
  const parts = [...(operation.parts ?? [])]
  const path = operation.route
    .slice(operation.route.indexOf('/'))
    .replace(/\{(\w+)\}/g, (_, name: string) => segment(name, parts.shift()))
  let url = baseUrl + path
  if (query || more || operation.query) {
    const members = new URLSearchParams()
    addQuery(members, query, String)
    addQuery(members, operation.query, snakeCase)
    addQuery(members, more, String)
    const text = `${members}`
    if (text) url += `?${text}`
  }
  // The platform's parser would make another address of these.
  if (/[\\?#\s]|\/(\.|%2e){1,2}(\/|$)/i.test(path)) throw new ConfigurationError('A route must be a plain path')
  return url
}

/** Makes a multipart form: lists as `name[]`, objects as JSON. The platform sets the type, with its boundary. */
function toForm(request: object): FormData {
  const form = new FormData()
  const add = (name: string, value: unknown): void => {
    if (value == null) return
    if (value instanceof Blob) form.append(name, value)
    else if (Array.isArray(value)) for (const item of value) add(`${name}[]`, item)
    else form.append(name, typeof value === 'object' ? JSON.stringify(toWire(value)) : `${value}`)
  }
  for (const [key, value] of Object.entries(request)) add(snakeCase(key), value)
  return form
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
  } else if (operation.form) body = toForm(operation.form)
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
