import { isSecret } from '../call/secrets.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'

/** A key, or a function that gives one. It is called for each attempt, and its key is taken for a short-lived one. */
export type KeyOption =
  | string
  | ((context: { readonly signal: AbortSignal | null | undefined }) => string | PromiseLike<string>)

/** Where a service is, and the key for it. */
export interface ServiceConfig {
  readonly baseUrl: string
  readonly apiKey?: KeyOption | undefined
  readonly allowInsecure?: boolean | undefined
  readonly allowBrowserKey?: boolean | undefined
}

/** A {@link ServiceConfig} that has been checked. */
export interface Service {
  /** Without a slash at its end. */
  readonly baseUrl: string
  /** Throws where headers and query members of these names must not be sent. */
  readonly guard: (pairs: readonly (readonly [name: string, value: unknown])[]) => void
  /** Gives the key for one attempt. Absent where there is none. */
  readonly key: ((signal?: AbortSignal | null) => string | Promise<string>) | undefined
}

/** Stands for the client's key among the headers while they are put together; no caller can write it as a value. */
export const UNSIGNED = '\0'

/** Throws the error of a setting that cannot work or must not be. */
export function misconfigured(message: string, cause?: unknown): never {
  throw new ConfigurationError(message, { cause })
}

/** The platform's parser forgives what must not be: spaces, backslashes, credentials, a query. */
function parseBaseUrl(given: string): URL {
  try {
    // In a page, a path is one of the page's own origin.
    const baseUrl = given.trim().replace(/^(?=\/\w)/, globalThis.location?.origin)
    if (/^https?:\/\/[^\s\\/?#@]+(\/[^\s\\?#]*)?$/i.test(baseUrl)) return new URL(baseUrl)
  } catch {}
  return misconfigured('baseUrl must be an http(s):// URL without credentials or query')
}

function checkKey(key: unknown): string {
  return (
    (typeof key === 'string' && /^[!-~]+$/.exec(key.trim())?.[0]) ||
    misconfigured(key === '' ? 'apiKey is empty' : 'apiKey must be ASCII without spaces or Bearer')
  )
}

function keySource(apiKey: ServiceConfig['apiKey']): Service['key'] {
  if (apiKey == null) return
  if (typeof apiKey !== 'function') {
    const key = checkKey(apiKey)
    return () => key
  }
  return async signal => {
    try {
      return checkKey(await apiKey({ signal }))
    } catch (cause) {
      return misconfigured('apiKey gave no key', cause)
    }
  }
}

/**
 * Checks where a service is and what may be sent there: a client's own, or one that it falls back to.
 *
 * @throws {ConfigurationError} for what cannot work or must not be
 */
export function openService({ apiKey, allowInsecure, allowBrowserKey, ...config }: ServiceConfig): Service {
  const { origin, pathname } = parseBaseUrl(config.baseUrl)
  const baseUrl = origin + pathname.replace(/\/+$/, '')
  const [operation] = /\/((chat\/)?completions|embeddings|responses)$/.exec(baseUrl) ?? []
  if (operation) misconfigured(`baseUrl must end before ${operation}: ${baseUrl.slice(0, -operation.length)}`)
  return {
    baseUrl,
    key: keySource(apiKey),
    guard(pairs) {
      const isStatic =
        typeof apiKey === 'string' || pairs.some(([name, value]) => value !== UNSIGNED && isSecret(name))
      if (
        (apiKey || isStatic) &&
        !allowInsecure &&
        /^http:..(?!((.+\.)?localhost|127\.[\d.]+|\[::1])(:\d+)?$)/.test(origin)
      )
        misconfigured('A key over http: needs allowInsecure')
      // Pages and workers of every browser engine; no server runtime calls itself so.
      if (isStatic && !allowBrowserKey && /^Mozilla/.test(globalThis.navigator?.userAgent))
        misconfigured('A secret key in a browser needs allowBrowserKey: every visitor can read it')
    },
  }
}
