import { misconfigured, openService, UNSIGNED } from '../internal/service.ts'
import type { Fetch } from '../policies/policy.ts'
import type { CallOptions, Client, ClientConfig, Operation, ResultPromise } from './client.ts'
import { setHeaders } from './headers.ts'
import { exchange, type Settings } from './request.ts'

/**
 * Makes a client: where to send, with which key, through which policies. It holds no connection and needs no closing.
 *
 * @throws {ConfigurationError} for a bad setting, a key over plain `http:` to another machine (unless `allowInsecure`), or a
 *   secret key in a browser (unless `allowBrowserKey`)
 */
export function createClient(config: ClientConfig = {}): Client {
  const { policies = [], maxResponseBytes = 2 ** 26, maxEventBytes = 2 ** 25 } = config
  // The spelling of another SDK: to ignore it would send the key to the default service.
  if ('baseURL' in config) misconfigured('baseURL is spelled baseUrl')
  if (config.fetch && typeof config.fetch !== 'function') misconfigured('fetch must be a function')
  const service = openService({ ...config, baseUrl: config.baseUrl ?? 'https://api.openai.com/v1' })
  if (!(maxResponseBytes > 0 && maxEventBytes > 0))
    misconfigured('maxResponseBytes and maxEventBytes must be positive')
  const headers = new Headers(config.apiKey == null ? {} : { authorization: UNSIGNED })
  setHeaders(headers, config.headers, path => misconfigured(`${path} is not a valid header`))
  service.guard(headers)

  const settings: Settings = { ...config, ...service, headers, place: {}, maxResponseBytes, maxEventBytes }
  const send: Fetch = (url, init) => init.call!.send(url, init)
  const fetchWithPolicies = policies.reduceRight((next, policy) => policy(next), send)
  return Object.freeze({
    baseUrl: service.baseUrl,
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
