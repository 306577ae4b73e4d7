import type { CallOptions, Client, Operation, ResultPromise } from '../client/types.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { validationError } from '../errors/validation-error.ts'
import { unknownOption } from './check-options.ts'
import type { LLMClientConfig } from './config.ts'

const SLOTS = ['log', 'metrics', 'interceptors', 'cache', 'fallback'] as const

const OPTIONS = [
  'baseUrl',
  'apiKey',
  'headers',
  'query',
  'policies',
  'fetch',
  'maxResponseBytes',
  'maxEventBytes',
  'allowInsecure',
  'allowBrowserKey',
  'accessToken',
  'timeout',
  'retry',
  'circuitBreaker',
  'maxConcurrentRequests',
  'validate',
]

const RETRY_OPTIONS = [
  'maxRetries',
  'initialDelay',
  'maxDelay',
  'backoffFactor',
  'strategy',
  'jitter',
  'statuses',
  'shouldRetry',
  'onRetry',
]

const BREAKER_OPTIONS = ['failureThreshold', 'successThreshold', 'timeout', 'onStateChange']

const LIMITS = ['headers', 'firstEvent', 'idle', 'total']

const CALL_OPTIONS = [
  'signal',
  'timeout',
  'maxRetries',
  'cache',
  'headers',
  'query',
  'idempotencyKey',
  'extraBody',
  'keepChunks',
]

/** Refuses what would have no effect. @throws {ConfigurationError} */
export function checkConfig(config: LLMClientConfig): void {
  const { retry, circuitBreaker, timeout } = config
  const problem =
    // The client itself tells of this one.
    unknownOption(config, [...OPTIONS, ...SLOTS, 'baseURL']) ??
    unknownOption(retry || {}, RETRY_OPTIONS) ??
    (typeof circuitBreaker === 'object' ? unknownOption(circuitBreaker, BREAKER_OPTIONS) : undefined) ??
    (typeof timeout === 'object' ? unknownOption(timeout, LIMITS) : undefined)
  if (problem) throw new ConfigurationError(problem)
  for (const slot of SLOTS)
    if (config[slot] !== undefined && typeof config[slot] !== 'function')
      throw new ConfigurationError(`${slot} takes a policy: ${slot}(options)`)
}

/** Lets a client refuse the options of a call that nobody knows, in JavaScript too. */
export function checkedClient(client: Client): Client {
  return {
    baseUrl: client.baseUrl,
    request<T>(operation: Operation<T> | (() => Operation<T>), options?: CallOptions): ResultPromise<T> {
      const problem = unknownOption(options, CALL_OPTIONS)
      if (!problem) return client.request(operation, options)
      const refused = Promise.reject(validationError([{ path: '', message: `options: ${problem}` }]))
      return Object.assign(refused, { withResponse: () => refused })
    },
  }
}
