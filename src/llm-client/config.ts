import type { Policy, TimeoutLimits } from '../call/policy.ts'
import type { ClientConfig } from '../client/types.ts'
import type { CircuitBreaker, CircuitBreakerOptions } from '../policies/circuit-breaker.ts'
import type { Metrics } from '../policies/metrics.ts'
import type { RetryOptions } from '../policies/retry.ts'
import { readEnvironment } from './environment.ts'

/**
 * What `LLMClient` takes: a client's configuration, settings of the policies that are on by default, and slots for others.
 * A slot takes a policy, so that a bundle holds only those that are used.
 */
export interface LLMClientConfig extends Omit<ClientConfig, 'validate'> {
  /** A short-lived token, or a function that gives one; used where there is no `apiKey`. */
  readonly accessToken?: ClientConfig['apiKey']
  /**
   * In milliseconds; a number stands for `headers`, `firstEvent` and `idle`, 0 is off. `total` ends a call that was abandoned.
   * @default { headers: 60_000, firstEvent: 60_000, idle: 60_000, total: 600_000 }
   */
  readonly timeout?: number | TimeoutLimits | undefined
  /** Settings of `retry`, or false for none. @default 3 retries */
  readonly retry?: RetryOptions | false | undefined
  /**
   * Settings of `circuitBreaker`; or one that you made, to read its state; or false for none.
   * @default { failureThreshold: 5, successThreshold: 2, timeout: 60_000 }
   */
  readonly circuitBreaker?: CircuitBreakerOptions | CircuitBreaker | false | undefined
  /** How many requests may be under way at once; more wait for their turn. `Infinity` is no limit. @default 100 */
  readonly maxConcurrentRequests?: number | undefined
  /** A slot for `log({ level: 'warn' })`, outermost. @default none */
  readonly log?: Policy | undefined
  /** A slot for `metrics()`, whose measures `LLMClient.metrics` gives. @default none */
  readonly metrics?: Metrics | undefined
  /** A slot for `interceptors({ onRequest })` of `llmfetch/interceptors`, outside the cache: it sees a call once. @default none */
  readonly interceptors?: Policy | undefined
  /** A slot for `cache({ ttl: 300_000 })`, which answers again what was answered before. @default none */
  readonly cache?: Policy | undefined
  /** A slot for `fallback({ to })`: services to ask when this one is down. @default none */
  readonly fallback?: Policy | undefined
  /** Checks requests before they are sent. @default true */
  readonly validate?: boolean | undefined
}

/** The key of the configuration, or that of the environment: OpenAI's own goes to no other host. */
export function keyOf(
  { apiKey, accessToken }: LLMClientConfig,
  baseUrl: string | undefined,
): ClientConfig['apiKey'] {
  // A token is short-lived, so it may be in a browser, as what a function gives may.
  const token = typeof accessToken === 'string' ? () => accessToken : accessToken
  const isOpenAI = !baseUrl || /^https:\/\/api\.openai\.com(\/|$)/.test(baseUrl)
  return (
    apiKey ??
    token ??
    readEnvironment('LLM_API_KEY') ??
    (isOpenAI ? readEnvironment('OPENAI_API_KEY') : undefined)
  )
}
