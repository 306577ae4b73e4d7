import type { Policy } from '../call/policy.ts'
import { circuitBreaker } from '../policies/circuit-breaker.ts'
import { concurrencyLimit } from '../policies/concurrency-limit.ts'
import { retry } from '../policies/retry.ts'
import { timeout } from '../policies/timeout.ts'
import { called } from './called.ts'
import type { LLMClientConfig } from './config.ts'
import { hints } from './hints.ts'

/**
 * The policies in their order, outermost first. What changes a request stands outside the cache, and what the cache has needs
 * none of the others. One deadline spans these. Another service is asked when a service's retries are spent. Each attempt takes
 * its own turn, so that a wait between two holds no place, and meets the breaker only when its turn has come: what queued up
 * while the service went down is refused, not sent. The breaker sees each attempt, and what its time limits end; they begin with
 * the request, not in the queue.
 */
export function policiesOf(config: LLMClientConfig): readonly Policy[] {
  const { retry: retryOptions, circuitBreaker: breaker, maxConcurrentRequests: limit = 100 } = config
  const limits = config.timeout ?? 60_000
  const given = typeof limits === 'object' ? limits : { headers: limits, firstEvent: limits, idle: limits }
  const { total = 600_000, ...phases } = given
  return [
    config.log,
    config.metrics,
    ...(config.policies ?? []),
    config.interceptors,
    config.cache,
    timeout({ total }),
    config.fallback,
    retryOptions !== false && retry(retryOptions ?? {}),
    concurrencyLimit({ limit }),
    breaker !== false && (typeof breaker === 'function' ? breaker : circuitBreaker(breaker ?? {})),
    timeout(phases),
    hints,
  ].flatMap(policy => (policy ? called(policy) : []))
}
