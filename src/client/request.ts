import { ConfigurationError } from '../errors/configuration-error.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import { invalid } from '../errors/validation-error.ts'
import { abortable, onAbort } from '../internal/abort.ts'
import { apiFailure, requestIdOf, type Scrub } from '../internal/api-failure.ts'
import { connectionFailure } from '../internal/connection-failure.ts'
import { digest } from '../internal/digest.ts'
import { readRateLimits } from '../internal/rate-limits.ts'
import { openBody, readBriefly } from '../internal/read-body.ts'
import { type Service, UNSIGNED } from '../internal/service.ts'
import type { Call, Fetch, FetchInit } from '../policies/policy.ts'
import type { Answer, CallOptions, ClientConfig, Operation, WithResponse } from './client.ts'
import { scrubber, setHeaders } from './headers.ts'
import { type Place, toWire } from './wire-names.ts'

/** A client's checked configuration. */
export interface Settings extends Service, Pick<ClientConfig, 'query' | 'validate' | 'fetch'> {
  readonly headers: Headers
  readonly place: Place
  readonly maxResponseBytes: number
  readonly maxEventBytes: number
}

/** Throws the error that a response stands for, unless it is one with an answer. */
async function refuseFailure(response: Response, signal: AbortSignal, scrub: Scrub): Promise<void> {
  const { status, type, headers } = response
  if (status >= 400) {
    // The error is known already: 64 KiB is all that its details may be.
    const text = await readBriefly(openBody(response, signal, 1e9), 65_536)
    throw apiFailure(text.slice(0, 65_536), response, scrub)
  }
  const location = headers.get('location')
  if (type === 'opaqueredirect' || (status >= 300 && location !== null))
    throw new ProtocolError(
      `Redirect refused: baseUrl should be ${/^https?:..[^/?#@]+/.exec(`${location}`) ?? 'its target'}`,
    )
  if (status < 200 || status > 203) throw new ProtocolError(`Unusable status ${status}`)
}

function buildUrl({ baseUrl, query }: Settings, path: string, more: CallOptions['query']): string {
  const url = new URL(baseUrl + path)
  for (const [name, value] of Object.entries({ ...query, ...more }))
    if (value !== undefined) url.searchParams.set(name, `${value}`)
  if (!url.href.startsWith(`${baseUrl}/`)) throw new ConfigurationError('path leaves baseUrl')
  return url.href
}

function buildInit(
  settings: Settings,
  operation: Operation<unknown>,
  { headers: more, idempotencyKey, extraBody = {} }: CallOptions,
): RequestInit & { headers: Headers } {
  const { stream } = operation
  const headers = new Headers(settings.headers)
  const set = (more: CallOptions['headers']) =>
    setHeaders(headers, more, path => {
      throw invalid([{ path, message: 'is not a valid header' }])
    })
  set({
    accept: stream ? 'text/event-stream' : 'application/json',
    'idempotency-key': idempotencyKey,
  })
  const init = { method: 'GET', headers, redirect: 'manual' as const }
  if ('body' in operation) {
    set({ 'content-type': 'application/json' })
    const body = JSON.stringify({ ...toWire(operation.body), ...toWire(extraBody, false), stream })
    Object.assign(init, { method: 'POST', body })
  }
  set(more)
  settings.guard(headers)
  return init
}

/** What throws at once is a promise that rejects, too. */
async function start(own: Fetch | undefined, target: string, init: FetchInit): Promise<Response> {
  return (own ?? fetch)(target, init)
}

/** One exchange: builds the request, sends it through the policies, reads the answer. */
export async function exchange<T>(
  settings: Settings,
  fetchWithPolicies: Fetch,
  operation: Operation<T>,
  options: CallOptions,
): Promise<WithResponse<T>> {
  const started = performance.now()
  const { signal, maxRetries, timeout, cache } = options
  // What is no signal is refused here, before anything is sent.
  if (signal) onAbort(signal, () => {})()
  if (signal?.aborted) throw signal.reason
  if ('body' in operation) settings.validate?.(operation.body, operation.name)
  const url = buildUrl(settings, operation.path(), options.query)
  const init = buildInit(settings, operation, options)
  const isUnsigned = init.headers.get('authorization') === UNSIGNED
  let attempts = 0
  /** Of the latest attempt, or, before the first, what a policy has asked about. */
  let key = ''

  async function receive(
    response: Response,
    { signal, call, body }: FetchInit,
    scrub: Scrub,
  ): Promise<Answer<T>> {
    call!.onHeaders?.(response.status)
    await refuseFailure(response, signal!, scrub)
    return operation.read(response, { ...settings, ...call, signal: signal!, scrub, body })
  }

  async function send(target: string, init: FetchInit): Promise<Response> {
    const { maxRetries, timeout } = init.call!
    if ([maxRetries, timeout, ...Object.values(Object(timeout))].some(left => (left as number) > 0))
      throw new ConfigurationError('maxRetries and timeout need their policies')
    const signal = init.signal!
    const headers = new Headers(init.headers)
    if (headers.get('authorization') === UNSIGNED) {
      headers.delete('authorization')
      // A policy may have sent the call elsewhere: the key is for the client's own service.
      if (target.startsWith(`${settings.baseUrl}/`)) {
        key = (!attempts && key) || (await abortable(signal, settings.key()))
        headers.set('authorization', `Bearer ${key}`)
      }
    }
    attempts++
    init.call!.onAttempt?.()
    const request = new AbortController()
    // It lives as long as a stream does: nothing large may be in its scope.
    const disconnect = () => request.abort(signal.reason)
    const sent = start(settings.fetch, target, { ...init, headers, signal: request.signal })
    try {
      const response = await abortable(signal, sent)
      if (!response?.headers) throw new ProtocolError('fetch gave no Response')
      return await receive(Object.assign(response, { disconnect }), init, scrubber(headers))
    } catch (error) {
      // The answer is of no use any more, even if it only comes later.
      disconnect()
      sent.then(({ body }) => body?.cancel()).catch(() => {})
      throw signal.aborted ? signal.reason : connectionFailure(error)
    }
  }

  const call: Call = {
    operation: operation.name,
    baseUrl: settings.baseUrl,
    stream: !!operation.stream,
    maxRetries,
    timeout,
    cache,
    send,
    read: (response, init) => receive(response, init, String),
    async digest(text) {
      if (isUnsigned) key ||= await settings.key()
      return digest(text + key)
    },
  }
  const inside: FetchInit = { ...init, signal: signal ?? new AbortController().signal, call }
  const response = await fetchWithPolicies(url, inside)
  // A policy may answer with a response of its own.
  const answer = 'data' in response ? (response as Answer<T>) : await receive(response, inside, String)
  const { status, headers, data } = answer
  return {
    data,
    status,
    headers,
    requestId: requestIdOf(headers),
    get rateLimits() {
      return readRateLimits(headers)
    },
    latencyMs: performance.now() - started,
    attempts,
  }
}
