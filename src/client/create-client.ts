import { readable } from '../call/answer.ts'
import { type Fetch, isFrugal, type Policy } from '../call/policy.ts'
import { type HeaderRecord, setHeaders } from '../wire/headers.ts'
import { misconfigured, openService, UNSIGNED } from '../wire/service.ts'
import { createSend } from './attempt.ts'
import { exchange } from './exchange.ts'
import type { Settings } from './request.ts'
import type { CallOptions, Client, ClientConfig, Operation, ResultPromise } from './types.ts'

/** Puts a policy around a fetch. One that may read an answer's body is given one more. */
function decorate(next: Fetch, policy: Policy): Fetch {
  return policy(isFrugal(policy) ? next : async (url, init) => readable(await next(url, init)))
}

/**
 * Makes a client: where to send, with which key, through which policies. It holds no connection and needs no closing.
 * @throws {ConfigurationError} for a bad setting, a key over plain `http:` to another machine (unless `allowInsecure`), or a
 *   secret key in a browser (unless `allowBrowserKey`)
 * @example
 * const client = createClient({
 *   apiKey: env.OPENAI_API_KEY,
 *   policies: [retry(), timeout({ headers: 30_000, idle: 60_000 })],
 * })
 */
export function createClient(config: ClientConfig = {}): Client {
  // Without a prototype: a polluted one must not say where the key goes.
  const {
    maxResponseBytes = 2 ** 26,
    maxEventBytes = 2 ** 25,
    policies = [],
    fetch,
    baseUrl = 'https://api.openai.com/v1',
  } = { __proto__: null, ...config } as ClientConfig
  // The spelling of another SDK: to ignore it would send the key to the default service.
  if ('baseURL' in config) misconfigured('baseURL is spelled baseUrl')
  if (typeof (fetch ?? globalThis.fetch) !== 'function') misconfigured('fetch must be a function')
  if (!(maxResponseBytes > 0 && maxEventBytes > 0))
    misconfigured('maxResponseBytes and maxEventBytes must be positive')
  const service = openService({ ...config, baseUrl })
  const headers: HeaderRecord = service.key ? { authorization: UNSIGNED } : {}
  setHeaders(headers, config.headers, (path, message) => misconfigured(`${path} ${message}`))
  service.guard(Object.entries(headers))
  const settings: Settings = { ...config, ...service, headers, limits: { maxResponseBytes, maxEventBytes } }
  const fetchWithPolicies = policies.reduceRight(decorate, createSend(fetch))
  return Object.freeze({
    baseUrl: service.baseUrl,
    request<T>(operation: Operation<T> | (() => Operation<T>), options: CallOptions = {}): ResultPromise<T> {
      const around = exchange(settings, fetchWithPolicies, operation, options)
      const result = around.then(({ data }) => data)
      return Object.assign(result, {
        withResponse() {
          // Only what the caller asked for may be reported as unhandled.
          result.catch(() => {})
          return around
        },
      })
    },
  })
}
