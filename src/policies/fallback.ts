import { ConfigurationError } from '../errors/configuration-error.ts'
import { isLLMError } from '../errors/llm-error.ts'
import { bounded } from './bounded.ts'
import { type FallbackTarget, openTarget } from './fallback-target.ts'
import { isOutage } from './is-outage.ts'
import { isReplayable } from './is-replayable.ts'
import type { FetchInit, FetchPolicy, Policy } from './policy.ts'
import { TARGET_HEADER } from './target-header.ts'

/** A service that failed, as {@link FallbackOptions.when} and {@link FallbackOptions.onFallback} see it. */
export interface FailedService {
  /** The base URL of the service that failed. */
  readonly from: string
  /** That of the one to be asked next. */
  readonly to: string
  /** What was thrown; undefined where another client's `fetch` returned a response with a bad status. */
  readonly error: unknown
  readonly response: Response | undefined
}

export interface FallbackOptions {
  /** Whom to ask, one after the other, when the first service fails. */
  readonly to: readonly FallbackTarget[]
  /** The first service's base URL, for use around another client's `fetch`; this library's client tells it by itself. */
  readonly baseUrl?: string | undefined
  /** Decides in place of the rules. */
  readonly when?: ((failed: FailedService) => boolean | PromiseLike<boolean>) | undefined
  /** Called before the next service is asked. */
  readonly onFallback?: ((failed: FailedService) => void) | undefined
}

function isDown({ error, response }: FailedService, init: FetchInit): boolean {
  if (response) return response.status >= 500 || response.status === 429
  return isOutage(error, init) || (isLLMError(error) && /^(RateLimit|CircuitOpen)Error$/.test(error.name))
}

function isFailure(response: Response): boolean {
  return !('data' in response) && response.status >= 400
}

/** A response's own headers cannot be changed. */
function label(response: Response, target: string): Response {
  const headers = new Headers(response.headers)
  headers.set(TARGET_HEADER, target)
  return Object.defineProperty(response, 'headers', { value: headers })
}

/**
 * Asks the next service when one is down: at a failed connection, a time limit, an open circuit, a 5xx or a 429, and a stream
 * only until its first event is out. A bad request, any other 4xx and the caller's abort stay what they are. Place it around
 * `retry`, so that a service is left only when its retries are spent.
 *
 * Another service gets the path, the body (with its own `model`) and the headers `accept`, `content-type` and `idempotency-key`:
 * no key of the first service, nor its other headers and its query. Its answers carry its base URL in the header
 * `x-llmfetch-target`, as `withResponse()` shows.
 *
 * @throws {ConfigurationError} for an empty list, or a target that `createClient` would refuse
 */
export function fallback({ to, baseUrl, when, onFallback }: FallbackOptions): FetchPolicy {
  if (!Array.isArray(to) || !to.length) throw new ConfigurationError('fallback: to must list a service')
  const targets = to.map(openTarget)

  async function movesOn(failed: FailedService, init: FetchInit): Promise<boolean> {
    if (init.signal?.aborted) return false
    if (!(await bounded(when ? when(failed) : isDown(failed, init), init))) return false
    onFallback?.(failed)
    return true
  }

  const policy: Policy = next =>
    async function fallbackFetch(url, init = {}) {
      const first = init.call?.baseUrl ?? baseUrl?.replace(/\/$/, '')
      if (first === undefined)
        throw new ConfigurationError("fallback: needs baseUrl around another client's fetch")
      // A request for anything else has no counterpart at another service. Another client may give a URL object.
      const [path] =
        isReplayable(url, init) && `${url}`.startsWith(`${first}/`)
          ? `${url}`.slice(first.length).split('?')
          : []
      for (let place = 0; ; place++) {
        const target = targets[place - 1]
        const following = targets[place]
        let response: Response | undefined
        let error: unknown
        try {
          response = target
            ? label(await next(target.baseUrl + path, await target.adapt(init)), target.baseUrl)
            : await next(url, init)
          if (!isFailure(response)) return response
        } catch (thrown) {
          error = thrown
        }
        const from = target?.baseUrl ?? first
        if (!path || !following || !(await movesOn({ from, to: following.baseUrl, error, response }, init))) {
          if (response) return response
          throw error
        }
        response?.body?.cancel().catch(() => {})
      }
    }
  return policy as FetchPolicy
}
