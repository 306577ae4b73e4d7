import { isSecret } from '../call/secrets.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'

/** A key, or a function that gives one. It is called for each attempt, and its key is taken for a short-lived one. */
export type KeyOption = string | ((context: { readonly signal: AbortSignal | undefined }) => string | PromiseLike<string>)

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
  readonly guard: (names: readonly string[]) => void
  /** Gives the key for one attempt. Absent where there is none. */
  readonly key: ((signal?: AbortSignal) => string | Promise<string>) | undefined
}

/** The platform's parser forgives what must not be: spaces, backslashes, credentials, a query. */
function parseBaseUrl(baseUrl: string): URL {
  const own: unknown = globalThis.location?.href
  try {
    // In a page, a path is one of the page's own origin.
    const absolute = own && /^\/(?!\/)/.test(baseUrl) ? new URL(baseUrl, own as string).href : baseUrl
    if (/^https?:\/\/[^\s\\/?#@]+(\/[^\s\\?#]*)?$/i.test(absolute)) return new URL(absolute)
  } catch {}
  throw new ConfigurationError(
    'baseUrl must be an http(s) URL without credentials, query or fragment, such as https://api.example/v1',
  )
}

function checkKey(key: unknown): string {
  if (key === '')
    throw new ConfigurationError('apiKey is empty: leave it out for a service that needs none')
  const fitting = typeof key === 'string' && /^\s*([!-~]+)\s*$/.exec(key)?.[1]
  if (fitting) return fitting
  throw new ConfigurationError('apiKey must be ASCII characters without spaces')
}

function keySource(apiKey: ServiceConfig['apiKey']): Service['key'] {
  if (apiKey == null) return undefined
  if (typeof apiKey === 'function')
    return async signal => {
      try {
        return checkKey(await apiKey({ signal }))
      } catch (cause) {
        throw new ConfigurationError('apiKey gave no key', { cause })
      }
    }
  const key = checkKey(apiKey)
  return () => key
}

/**
 * Checks where a service is and what may be sent there: a client's own, or one that it falls back to.
 *
 * @throws {ConfigurationError} for what cannot work or must not be
 */
export function openService({ baseUrl, apiKey, allowInsecure, allowBrowserKey }: ServiceConfig): Service {
  const { origin, pathname, protocol, hostname } = parseBaseUrl(baseUrl)
  let end = pathname.length
  while (pathname[end - 1] === '/') end--
  const address = origin + pathname.slice(0, end)
  const operation = /\/((chat\/)?completions|embeddings|responses)$/.exec(address)
  if (operation)
    throw new ConfigurationError(
      `baseUrl ends before ${operation[0]}: it is ${address.slice(0, operation.index)}`,
    )
  return {
    baseUrl: address,
    key: keySource(apiKey),
    guard(names) {
      const secret = typeof apiKey === 'string' || names.some(isSecret)
      if (
        protocol === 'http:' &&
        (apiKey || secret) &&
        !allowInsecure &&
        !/^(localhost|.+\.localhost|127\.[\d.]+|\[::1])$/.test(hostname)
      )
        throw new ConfigurationError('A key over http: needs allowInsecure')
      // Pages and workers of every browser engine; no server runtime calls itself so.
      if (secret && !allowBrowserKey && /^Mozilla/.test(globalThis.navigator?.userAgent))
        throw new ConfigurationError(
          'A secret key in a browser needs allowBrowserKey: every visitor can read it',
        )
    },
  }
}
