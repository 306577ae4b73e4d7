import type { Fetch } from '../call/policy.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { refusesUsage } from '../policies/ask-usage.ts'
import { readText } from './read-text.ts'
import { Refusal } from './refusal.ts'
import type { RelayOptions, RelayUser } from './types.ts'
import { refusalOf, refusalOfThrown } from './upstream-failure.ts'

/** How much of an error's body is read, in bytes. */
const MAX_ERROR = 65_536

/** One request to the service. */
export interface UpstreamRequest {
  /** Ends it; what is waited for rejects with the reason. */
  abort(reason?: unknown): void
  /** Settles as `work` does, or rejects once the request is aborted or the service has been silent for too long. */
  wait<T>(work: Promise<T>): Promise<T>
  /**
   * Sends the body that asks for usage in place of the other; once that has been refused for it, the other.
   *
   * @throws {Refusal} for whatever is no good answer
   */
  send(method: string, path: string, body?: string, asking?: string): Promise<Response>
}

/** Checks the service's address. A key must not go over an open line, but to this machine. */
function checkAddress({ baseUrl, apiKey, allowInsecure }: RelayOptions<RelayUser>): string {
  const found = /^(https?:)\/\/([^\s\\/?#@]+)(\/[^\s\\?#]*?)?\/*$/.exec(baseUrl)
  if (!found)
    throw new ConfigurationError('relay: baseUrl must be an http(s) URL, such as https://api.example/v1')
  if (apiKey === '') throw new ConfigurationError('relay: apiKey is empty')
  const [, protocol, host, path = ''] = found
  const isLocal = /^(localhost|127\.[\d.]+|\[::1])(:\d+)?$/.test(host!)
  if (protocol === 'http:' && apiKey && !isLocal && !allowInsecure)
    throw new ConfigurationError('relay: a key over http: needs allowInsecure')
  return `${protocol}//${host}${path}`
}

/**
 * Makes what opens requests to the service of a relay.
 *
 * @throws {ConfigurationError} for an address that cannot be, or must not get the key
 */
export function openUpstream<User extends RelayUser>(options: RelayOptions<User>): () => UpstreamRequest {
  const { apiKey, headers, query, maxSilence = 120_000 } = options
  const address = checkAddress(options as unknown as RelayOptions)
  const search = query ? `?${new URLSearchParams(query)}` : ''

  let mayAsk = true

  return () => {
    const controller = new AbortController()
    const { signal } = controller
    let phase: string

    function wait<T>(work: Promise<T>): Promise<T> {
      return new Promise((resolve, reject) => {
        const fail = () => {
          settle()
          reject(signal.reason)
        }
        const expire = () => {
          const message = `The service was silent for ${maxSilence} ms`
          controller.abort(new Refusal(504, 'upstream_timeout', message, { name: 'TimeoutError', phase }))
        }
        const timer = maxSilence && setTimeout(expire, maxSilence)
        const settle = () => {
          clearTimeout(timer)
          signal.removeEventListener('abort', fail)
        }
        signal.addEventListener('abort', fail)
        if (signal.aborted) fail()
        work.then(resolve, reject).then(settle)
      })
    }

    async function send(method: string, path: string, plain?: string, asking?: string): Promise<Response> {
      const body = (mayAsk ? asking : undefined) ?? plain ?? null
      let key: string | undefined
      let response: Response
      phase = 'headers'
      try {
        key = await wait(Promise.resolve(typeof apiKey === 'function' ? apiKey({ signal }) : apiKey))
        const sent = {
          ...(key && { authorization: `Bearer ${key}` }),
          ...(body && { 'content-type': 'application/json' }),
          ...headers,
        }
        const own = options.fetch ?? (fetch as Fetch)
        response = await wait(
          own(address + path + search, { method, headers: sent, body, signal, redirect: 'manual' }),
        )
      } catch (error) {
        throw refusalOfThrown(error)
      }
      phase = 'idle'
      if (response.ok) return response
      const { text } = await readText(response.body, MAX_ERROR, wait).catch(() => ({ text: '' }))
      if (body === asking && refusesUsage(response.status, text)) {
        const answer = await send(method, path, plain)
        mayAsk = false
        return answer
      }
      throw refusalOf(response, text, [key ?? '', ...Object.values({ ...headers, ...query })])
    }

    return {
      wait,
      send,
      abort: reason => controller.abort(reason),
    }
  }
}
