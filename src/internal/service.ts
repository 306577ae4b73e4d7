import { ConfigurationError } from '../errors/configuration-error.ts'
import { isWorker } from './is-worker.ts'

/** Stands for the key in `authorization` until the request goes out, so that no policy sees the key. */
export const UNSIGNED = 'Bearer'

/** Where a service is, and the key for it. */
export interface ServiceConfig {
  readonly baseUrl: string
  readonly apiKey?: string | (() => string | PromiseLike<string>) | undefined
  readonly allowInsecure?: boolean | undefined
  readonly allowBrowserKey?: boolean | undefined
}

/** A {@link ServiceConfig} that has been checked. */
export interface Service {
  /** Without a slash at its end. */
  readonly baseUrl: string
  /** Throws where headers with a key must not be sent. */
  readonly guard: (headers: Headers) => void
  /** The key at each attempt; callers that ask while a function works share its answer, but on Workers. */
  readonly key: () => Promise<string>
}

export function misconfigured(message: string): never {
  throw new ConfigurationError(message)
}

/** The platform's parser forgives what must not be: spaces, backslashes, credentials, a query. */
function parseBaseUrl(baseUrl: string): URL {
  try {
    if (/^https?:\/\/[^\s\\/?#@]+(\/[^\s\\?#]*)?$/i.test(baseUrl)) return new URL(baseUrl)
  } catch {}
  return misconfigured('baseUrl must be an http(s) URL without credentials, query or fragment')
}

function checkKey(key: unknown): string {
  return (
    (typeof key === 'string' && /^\s*([!-~]+)\s*$/.exec(key)?.[1]) ||
    misconfigured('apiKey must be ASCII characters, no spaces')
  )
}

function keySource(apiKey: ServiceConfig['apiKey']): () => Promise<string> {
  let flight: Promise<string> | undefined
  const provide = async () => {
    try {
      return checkKey(typeof apiKey === 'function' ? await apiKey() : apiKey)
    } catch (cause) {
      throw new ConfigurationError('apiKey gave no key', { cause })
    }
  }
  return () => {
    if (isWorker()) return provide()
    flight ??= provide().finally(() => {
      flight = undefined
    })
    return flight
  }
}

/** Checks where a service is and what may be sent there: a client's own, or one that it falls back to. */
export function openService({ apiKey, allowInsecure, allowBrowserKey, ...config }: ServiceConfig): Service {
  const { origin, pathname, protocol, hostname } = parseBaseUrl(config.baseUrl)
  if (typeof apiKey === 'string') checkKey(apiKey)
  let end = pathname.length
  while (pathname[end - 1] === '/') end--
  return {
    baseUrl: origin + pathname.slice(0, end),
    key: keySource(apiKey),
    guard(headers) {
      const secret =
        typeof apiKey === 'string' ||
        [...headers].some(
          ([name, value]) => /auth|cookie|secret|(api|tion)-?key/.test(name) && value !== UNSIGNED,
        )
      if (
        protocol === 'http:' &&
        (apiKey || secret) &&
        !allowInsecure &&
        !/^(localhost|.+\.localhost|127\.[\d.]+|\[::1])$/.test(hostname)
      )
        misconfigured('A key over http: needs allowInsecure')
      // Pages and workers of every browser engine; no server runtime calls itself so.
      if (secret && !allowBrowserKey && /^Mozilla/.test(globalThis.navigator?.userAgent))
        misconfigured('A secret key in a browser needs allowBrowserKey: every visitor can read it')
    },
  }
}
