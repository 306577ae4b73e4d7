import type { FetchInit } from '../call/policy.ts'
import { queryOf } from '../call/secrets.ts'
import { refuse } from '../errors/validation-error.ts'
import { type HeaderRecord, setHeaders } from '../wire/headers.ts'
import { toWire } from '../wire/names.ts'
import { misconfigured, type Service, UNSIGNED } from '../wire/service.ts'
import { refuseOptions } from './parts.ts'
import type { CallOptions, ClientConfig, Operation, Query } from './types.ts'

/** A client's checked configuration. */
export interface Settings extends Service, Pick<ClientConfig, 'query' | 'validate' | 'fetch'> {
  /** Those of every request; `authorization` is {@link UNSIGNED} where the client's key stands there. */
  readonly headers: HeaderRecord
  readonly limits: { readonly maxResponseBytes: number; readonly maxEventBytes: number }
}

type Init = FetchInit & { readonly method: string; readonly headers: HeaderRecord }

/** Builds the address of an operation: its path below the client's, and the members of all queries. */
function buildUrl(address: string, queries: readonly (Query | undefined)[]): string {
  const given = queries.flatMap(query => Object.entries(query ?? {}))
  if (!given.length) return address
  const members = new URLSearchParams()
  for (const [name, value] of given) {
    if (value === undefined) continue
    members.delete(name)
    for (const item of [value ?? []].flat())
      if (/^(string|number|boolean)$/.test(typeof item)) members.append(name, `${item}`)
      else refuse(`query.${name}`, 'must be a text, a number or a boolean')
  }
  return `${address}?${members}`.replace(/\?$/, '')
}

function buildBody({ body, verbatim, stream }: Operation<unknown>, extraBody: object | undefined): string {
  refuseOptions(body)
  const asks = stream === true || undefined
  return JSON.stringify({
    ...toWire(body, true, verbatim),
    ...(extraBody && toWire(extraBody, false)),
    stream: asks,
  })
}

/**
 * Builds what `fetch` is given for an operation. Everything that can be wrong with it is told here, before anything is sent.
 *
 * @returns whether each attempt is signed with the client's key, too
 * @throws {ValidationError} for what cannot be sent
 * @throws {ConfigurationError} for a key that must not go where it would
 */
export function buildRequest(
  settings: Settings,
  operation: Operation<unknown>,
  { headers: more, query, idempotencyKey, extraBody }: CallOptions,
): [url: string, init: Init, signs: boolean] {
  const { route, read, stream, form } = operation
  const [method, path] = route.split(' ') as [string, string]
  // The platform's parser would make another address of these.
  if (/^[^/]|[\\?#\s]|\/(\.|%2e){1,2}(\/|$)/i.test(path)) misconfigured('A route must be a plain path')
  const url = buildUrl(settings.baseUrl + path, [settings.query, operation.query, query])
  const all: HeaderRecord = {
    ...settings.headers,
    accept: stream ? 'text/event-stream' : read ? '*/*' : 'application/json',
  }
  if ('body' in operation) all['content-type'] = 'application/json'
  setHeaders(all, { 'idempotency-key': idempotencyKey }, refuse)
  setHeaders(all, more, refuse)
  // The platform sets this header itself, with the boundary between the form's parts.
  if (form) delete all['content-type']
  // Nearly every call has one: it is left out by a copy, for `delete` makes an object slow. Forms are rare enough for it.
  const { authorization, ...unsigned } = all
  const signs = authorization === UNSIGNED
  const headers = signs ? unsigned : all
  const init: Init = { method, headers, redirect: 'manual' }
  if ('body' in operation) init.body = buildBody(operation, extraBody)
  else if (form) init.body = form
  // The client's own were looked at when it was made.
  if (more || url.includes('?')) settings.guard([...Object.entries(headers), ...queryOf(url)])
  return [url, init, signs]
}
