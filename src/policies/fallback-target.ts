import { misconfigured, openService } from '../internal/service.ts'
import { bounded } from './bounded.ts'
import type { FetchInit } from './policy.ts'

/** Another service that can answer in place of the first. */
export interface FallbackTarget {
  /** Its address, version included, as for `createClient`. */
  readonly baseUrl: string
  /** Sent as `Authorization: Bearer …`. A function is called for each request. */
  readonly apiKey?: string | (() => string | PromiseLike<string>) | undefined
  /** Its name for the model. @default the one that was asked for */
  readonly model?: string | undefined
  /** Sent with each of its requests. */
  readonly headers?: RequestInit['headers'] | undefined
  /** Allows a key over plain `http:` to a host that is not loopback. @default false */
  readonly allowInsecure?: boolean | undefined
  /** Allows a secret key in a browser, where every visitor can read it. @default false */
  readonly allowBrowserKey?: boolean | undefined
}

/** A {@link FallbackTarget} that has been checked. */
export interface Target {
  /** Without a slash at its end. */
  readonly baseUrl: string
  /** What to send there in place of a request to the first service. */
  readonly adapt: (init: FetchInit) => Promise<FetchInit>
}

/** All that another service gets to see of a request's headers: any other may hold a secret of the first. */
const KEPT = ['accept', 'content-type', 'idempotency-key']

function checkHeaders({ headers }: FallbackTarget): Headers {
  try {
    return new Headers(headers)
  } catch {
    // The platform's error would print the value.
    return misconfigured('fallback: headers are not valid')
  }
}

/** @throws {ConfigurationError} for what `createClient` would refuse */
export function openTarget(target: FallbackTarget): Target {
  const { apiKey, model } = target
  const { baseUrl, guard, key } = openService(target)
  const own = checkHeaders(target)
  guard(own)

  async function sign(init: FetchInit): Promise<FetchInit> {
    if (apiKey === undefined) return init
    const headers = new Headers(init.headers)
    headers.set('authorization', `Bearer ${await bounded(key(), init)}`)
    return { ...init, headers }
  }

  return {
    baseUrl,
    async adapt(init) {
      const headers = new Headers(own)
      const sent = new Headers(init.headers)
      for (const name of KEPT) {
        const value = sent.get(name)
        if (value !== null && !own.has(name)) headers.set(name, value)
      }
      const adapted = { ...init, headers }
      if (model !== undefined && typeof init.body === 'string')
        adapted.body = JSON.stringify(Object.assign(JSON.parse(init.body), { model }))
      const { call } = init
      if (!call) return sign(adapted)
      // Signed as late as the client's own requests are, so that no policy on the way sees the key.
      const send = async (url: string, late: FetchInit) => call.send(url, await sign(late))
      return { ...adapted, call: { ...call, baseUrl, send, digest: undefined } }
    },
  }
}
