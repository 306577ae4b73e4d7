import type { CallOptions, Client, Operation, ResultPromise } from '../client/types.ts'
import { type ValidationIssue, validationError } from '../errors/validation-error.ts'
import { misconfigured } from '../wire/service.ts'

/** Tells whether two words differ in at most `limit` letters: changed, left out or too many. */
function isNear(a: string, b: string, limit: number): boolean {
  if (limit < 0) return false
  if (!a || !b) return a.length + b.length <= limit
  const restOfA = a.slice(1)
  const restOfB = b.slice(1)
  if (a[0] === b[0]) return isNear(restOfA, restOfB, limit)
  const less = limit - 1
  return isNear(restOfA, restOfB, less) || isNear(restOfA, b, less) || isNear(a, restOfB, less)
}

/** A name without what does not tell it from others: `maxRetries` may be meant for `retry`. */
function stemOf(name: string): string {
  return name.toLowerCase().replace(/ies$/, 'y')
}

/** The known name that is nearest to an unknown one, if one is near enough to be meant: part of it, or two letters away. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const meant = stemOf(name)
  return [0, 1, 2].flatMap(limit =>
    known.filter(word => {
      const lower = stemOf(word)
      return isNear(meant, lower, limit) || (limit && (lower.includes(meant) || meant.includes(lower)))
    }),
  )[0]
}

/**
 * Tells of the first option that nobody knows, and of the known one that it may be meant for: an option without effect is
 * found in production.
 */
function unknownOption(given: unknown, known: readonly string[], of: string): ValidationIssue | undefined {
  const keys = typeof given === 'object' ? Object.keys(Object(given)) : []
  const path = keys.find(key => !known.includes(key))
  if (path === undefined) return undefined
  const meant = nearest(path, known)
  return { path, message: `is no option${of}${meant ? `: did you mean ${meant}?` : ''}` }
}

const SLOTS = ['log', 'metrics', 'interceptors', 'cache', 'fallback'] as const

const OPTIONS = [
  // First, as it is what most are meant for: `maxRetries`.
  'retry',
  'timeout',
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
  'circuitBreaker',
  'maxConcurrentRequests',
  'validate',
]

const PARTS = {
  retry: [
    'maxRetries',
    'initialDelay',
    'maxDelay',
    'backoffFactor',
    'strategy',
    'jitter',
    'statuses',
    'shouldRetry',
    'onRetry',
  ],
  circuitBreaker: ['failureThreshold', 'successThreshold', 'timeout', 'onStateChange'],
  timeout: ['headers', 'firstEvent', 'idle', 'total'],
} as const

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
export function checkConfig(
  config: { readonly [name in keyof typeof PARTS | 'policies' | (typeof SLOTS)[number]]?: unknown },
): void {
  const problem =
    // The client itself tells of the last one.
    unknownOption(config, [...OPTIONS, ...SLOTS, 'baseURL'], '') ??
    (Object.keys(PARTS) as (keyof typeof PARTS)[])
      .map(part => unknownOption(config[part], PARTS[part], ` of ${part}`))
      .find(Boolean)
  if (problem) misconfigured(`${problem.path} ${problem.message}`)
  // A number, or `retry()` as in a slot, would have no effect.
  const { retry } = config
  if (typeof (retry || {}) !== 'object' || retry === 0) misconfigured('retry takes { maxRetries: 2 }')
  for (const slot of SLOTS)
    if (config[slot] !== undefined && typeof config[slot] !== 'function')
      misconfigured(`${slot} takes a policy: ${slot}(options)`)
  if (!Array.isArray(config.policies ?? [])) misconfigured('policies takes a list of policies: [retry()]')
}

/** Lets a client refuse the options of a call that nobody knows, in JavaScript too. */
export function checkedClient(client: Client): Client {
  return {
    baseUrl: client.baseUrl,
    request<T>(operation: Operation<T> | (() => Operation<T>), options?: CallOptions): ResultPromise<T> {
      const problem =
        unknownOption(options, CALL_OPTIONS, ' of a call') ??
        unknownOption(options?.timeout, PARTS.timeout, ' of timeout')
      const refuse = () => {
        throw validationError([problem!])
      }
      return client.request(problem ? refuse : operation, options)
    },
  }
}
