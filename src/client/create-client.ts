import { ConfigurationError } from '../errors/configuration-error.ts'
import type { Fetch } from '../policies/policy.ts'
import type { CallOptions, Client, ClientConfig, Operation, ResultPromise } from './client.ts'
import { setHeaders } from './headers.ts'
import { exchange, type Settings, UNSIGNED } from './request.ts'

function refuse(message: string): never {
  throw new ConfigurationError(message)
}

/** The platform's parser forgives what must not be: spaces, backslashes, credentials, a query. */
function parseBaseUrl(baseUrl: string): URL {
  try {
    if (/^https?:\/\/[^\s\\/?#@]+(\/[^\s\\?#]*)?$/i.test(baseUrl)) return new URL(baseUrl)
  } catch {}
  return refuse('baseUrl must be an http(s) URL without credentials, query or fragment')
}

function checkKey(key: unknown): string {
  return (
    (typeof key === 'string' && /^\s*([!-~]+)\s*$/.exec(key)?.[1]) ||
    refuse('apiKey must be ASCII characters')
  )
}

/** The key at each attempt; callers that ask while a provider works share its answer. */
function keySource(apiKey: ClientConfig['apiKey']): () => Promise<string> {
  let flight: Promise<string> | undefined
  const provide = async () => {
    try {
      return checkKey(typeof apiKey === 'function' ? await apiKey() : apiKey)
    } catch (cause) {
      throw new ConfigurationError('apiKey gave no key', { cause })
    }
  }
  return () => {
    flight ??= provide().finally(() => {
      flight = undefined
    })
    return flight
  }
}

/**
 * Makes a client: where to send, with which key, through which policies. It holds no connection and needs no closing.
 *
 * @throws {ConfigurationError} for a bad setting, a key over plain `http:` to another machine (unless `allowInsecure`), or a
 *   secret key in a browser (unless `allowBrowserKey`)
 */
export function createClient(config: ClientConfig = {}): Client {
  const { apiKey, policies = [], maxResponseBytes = 2 ** 26, maxEventBytes = 2 ** 25 } = config
  const { origin, pathname, protocol, hostname } = parseBaseUrl(config.baseUrl ?? 'https://api.openai.com/v1')
  if (!(maxResponseBytes > 0 && maxEventBytes > 0))
    refuse('maxResponseBytes and maxEventBytes must be positive')
  if (typeof apiKey === 'string') checkKey(apiKey)
  const guard = (headers: Headers) => {
    const secret =
      typeof apiKey === 'string' ||
      [...headers].some(
        ([name, value]) => /auth|cookie|secret|(api|tion)-?key/.test(name) && value !== UNSIGNED,
      )
    if (
      protocol === 'http:' &&
      (apiKey || secret) &&
      !config.allowInsecure &&
      !/^(localhost|.+\.localhost|127\.[\d.]+|\[::1])$/.test(hostname)
    )
      refuse('A key over http: needs allowInsecure')
    // Pages and workers of every browser engine; no server runtime calls itself so.
    if (secret && !config.allowBrowserKey && /^Mozilla/.test(globalThis.navigator?.userAgent))
      refuse('A secret key in a browser needs allowBrowserKey: every visitor can read it')
  }
  const headers = new Headers(apiKey == null ? {} : { authorization: UNSIGNED })
  setHeaders(headers, config.headers, path => refuse(`${path} is not a valid header`))
  guard(headers)

  let end = pathname.length
  while (pathname[end - 1] === '/') end--
  const baseUrl = origin + pathname.slice(0, end)
  const settings: Settings = {
    ...config,
    baseUrl,
    headers,
    guard,
    key: keySource(apiKey),
    maxResponseBytes,
    maxEventBytes,
  }
  const send: Fetch = (url, init) => init.call!.send(url, init)
  const fetchWithPolicies = policies.reduceRight((next, policy) => policy(next), send)
  return Object.freeze({
    baseUrl,
    request<T>(operation: Operation<T>, options: CallOptions = {}): ResultPromise<T> {
      const exchanged = exchange(settings, fetchWithPolicies, operation, options)
      const result = exchanged.then(({ data }) => data)
      return Object.assign(result, {
        withResponse() {
          // Only what the caller asked for may be reported as unhandled.
          result.catch(() => {})
          return exchanged
        },
      })
    },
  })
}
