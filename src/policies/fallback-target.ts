import type { FetchInit } from '../call/policy.ts'
import { untilAborted } from '../call/signals.ts'
import { type HeaderRecord, type HeadersOption, setHeaders } from '../wire/headers.ts'
import { type KeyOption, misconfigured, openService } from '../wire/service.ts'

/** Another service that can answer in place of the first. */
export interface FallbackTarget {
  /** Its address, version included, as for `createClient`. */
  readonly baseUrl: string
  /** Sent as `Authorization: Bearer …`. A function is called for each request. */
  readonly apiKey?: KeyOption | undefined
  /** Its name for the model. @default the one that was asked for */
  readonly model?: string | undefined
  /** Sent with each of its requests. */
  readonly headers?: HeadersOption | undefined
  /** Allows a key over plain `http:` to a host that is not loopback. @default false */
  readonly allowInsecure?: boolean | undefined
  /** Allows a secret key in a browser, where every visitor can read it. @default false */
  readonly allowBrowserKey?: boolean | undefined
}

/** A {@link FallbackTarget} that has been checked. */
export interface Target {
  /** Without a slash at its end. */
  readonly baseUrl: string
  /** Makes what to send there in place of a request to the first service. */
  readonly adapt: (init: FetchInit, signal: AbortSignal | undefined) => Promise<FetchInit>
}

/** All that another service gets to see of a request's headers: any other may hold a secret of the first. */
const KEPT = ['accept', 'content-type', 'idempotency-key']

/** Checks a service to fall back to. @throws {ConfigurationError} for what `createClient` would refuse */
export function openTarget(target: FallbackTarget): Target {
  const { model } = target
  const { baseUrl, guard, key } = openService(target)
  const own: HeaderRecord = {}
  setHeaders(own, target.headers, (path, message) => misconfigured(`fallback: ${path} ${message}`))
  guard(Object.entries(own))

  return {
    baseUrl,
    async adapt(init, signal) {
      const headers: HeaderRecord = {}
      const sent = new Headers(init.headers)
      for (const name of KEPT) if (sent.has(name)) headers[name] = sent.get(name)!
      Object.assign(headers, own)
      const adapted: FetchInit = { ...init, headers }
      const { body } = init
      if (model !== undefined && typeof body === 'string')
        adapted.body = JSON.stringify(Object.assign(JSON.parse(body), { model }))
      else if (model !== undefined && body instanceof FormData && body.has('model')) {
        // A copy: the first service may be asked again.
        const form = new FormData()
        for (const [name, value] of body) form.append(name, value)
        form.set('model', model)
        adapted.body = form
      }
      const { call } = init
      // Signed as late as the client's own requests are, so that no policy on the way sees the key.
      if (call) return { ...adapted, call: { ...call, baseUrl, key } }
      if (key && !own.authorization) {
        headers.authorization = `Bearer ${await untilAborted(signal, key(signal))}`
      }
      return adapted
    },
  }
}
