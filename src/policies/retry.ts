import { answerOf } from '../call/answer.ts'
import { type FetchPolicy, policy } from '../call/policy.ts'
import { sleep, untilAborted } from '../call/signals.ts'
import { isLLMError } from '../errors/llm-error.ts'
import { TimeoutError } from '../errors/timeout-error.ts'
import { refuse } from '../errors/validation-error.ts'
import { readBriefly } from '../wire/body.ts'
import { mayHeal } from '../wire/connection-failure.ts'
import { retryAfter, retryDelayIn } from '../wire/retry-after.ts'
import { RETRYABLE_STATUSES } from '../wire/retryable-statuses.ts'
import { misconfigured } from '../wire/service.ts'

/** A failed attempt, as {@link RetryOptions.shouldRetry} and {@link RetryOptions.onRetry} see it. */
export interface FailedAttempt {
  /** 1 for the first. */
  readonly attempt: number
  /** What was thrown; undefined where another client's `fetch` returned a response with a bad status. */
  readonly error: unknown
  readonly response: Response | undefined
}

/** Times in milliseconds. */
export interface RetryOptions {
  /** How often to try again: an integer from 0 to 10. @default 3 */
  readonly maxRetries?: number | undefined
  /** @default 1000 */
  readonly initialDelay?: number | undefined
  /** The longest wait. A service that asks for a longer one gets no retry at all, never an early one. @default 60_000 */
  readonly maxDelay?: number | undefined
  /** For the exponential strategy. @default 2 */
  readonly backoffFactor?: number | undefined
  /** How the delay grows: by the factor, by `initialDelay` each time, or not. @default 'exponential' */
  readonly strategy?: 'exponential' | 'linear' | 'fixed' | undefined
  /** Waits a random time between half the delay and the whole, so that clients that failed together do not return together. @default true */
  readonly jitter?: boolean | undefined
  /** The statuses to retry. @default [408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529] */
  readonly statuses?: readonly number[] | undefined
  /** Decides in place of the rules. */
  readonly shouldRetry?: ((failed: FailedAttempt) => boolean | PromiseLike<boolean>) | undefined
  /** Called before each wait. */
  readonly onRetry?: ((failed: FailedAttempt & { readonly delay: number }) => void) | undefined
}

/** The budget that a policy's calls share; numbers as in the AWS SDKs' standard retry, for a smaller bucket. */
const BUCKET = { capacity: 100, cost: 5, timeoutCost: 10, gain: 1 }

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 10
}

/** Tells whether the built-in rules allow another try. Does not ask `shouldRetry`. */
function mayPass({ error, response }: FailedAttempt, statuses: readonly number[]): boolean {
  if (response) return response.headers.get('x-should-retry') !== 'false'
  // Around another client's fetch: a platform's error for a failed connection.
  if (!isLLMError(error)) return error instanceof TypeError && mayHeal(error)
  const { status, retryable, headers } = error as typeof error & { status?: number; headers?: Headers }
  if (status === undefined) return retryable
  // One of the list that is not retryable has a reason: a spent quota, or the service said so.
  const ruledOut = RETRYABLE_STATUSES.includes(status)
    ? !retryable
    : headers?.get('x-should-retry') === 'false'
  return !ruledOut && ((retryable && !RETRYABLE_STATUSES.includes(status)) || statuses.includes(status))
}

/** Reads what the body of another client's 429 says: how long to wait, 0 for not at all, undefined where it says nothing. */
async function readWait(response: Response, signal: AbortSignal | undefined): Promise<number | undefined> {
  if (response.status !== 429) return undefined
  const text = await readBriefly(response.clone(), { signal })
  // No wait brings a spent quota back.
  if (/insufficient_quota|billing|spend/.test(text)) return 0
  return retryDelayIn(text)
}

/** Runs a hook of the caller's. An error of its own keeps the failure that it was told of as its cause. */
async function runHook<T>(
  hook: () => T | PromiseLike<T>,
  { error }: FailedAttempt,
  signal: AbortSignal | undefined,
): Promise<T> {
  try {
    return await untilAborted(signal, Promise.resolve(hook()))
  } catch (thrown) {
    // An abort's reason is the caller's, and may end other calls too.
    if (!signal?.aborted && thrown instanceof Error && thrown !== error && thrown.cause === undefined)
      Reflect.set(thrown, 'cause', error)
    throw thrown
  }
}

/** Whether an answer of another client's fetch is a failure. */
function isFailure(response: Response, statuses: readonly number[]): boolean {
  if (answerOf(response)) return false
  return statuses.includes(response.status) || response.headers.get('x-should-retry') === 'true'
}

/**
 * Sends a request again after a failure that may pass: a status of the list, a failed connection, a `headers` or `firstEvent`
 * timeout; a stream only until its first event is out. `retry-after` and `x-should-retry` are obeyed, a spent quota is not
 * retried, and no wait goes beyond the call's deadline: the failure is thrown at once then.
 *
 * Requests are retried although they are POST, as the official SDKs do: one whose answer was lost may be billed twice. All
 * calls of one policy share a bucket of tokens, so that a service that is down is not sent many times its load.
 *
 * @throws {ConfigurationError} for options out of range
 * @example
 * const client = createClient({ apiKey, policies: [retry({ maxRetries: 2 })] })
 */
export function retry(options: RetryOptions = {}): FetchPolicy {
  const { maxRetries = 3, initialDelay = 1000, maxDelay = 60_000, backoffFactor = 2 } = options
  const {
    strategy = 'exponential',
    jitter = true,
    statuses = RETRYABLE_STATUSES,
    shouldRetry,
    onRetry,
  } = options
  if (!isCount(maxRetries)) misconfigured('retry: maxRetries must be an integer from 0 to 10')
  if (![initialDelay, maxDelay, backoffFactor].every(value => value >= 0 && value < 2 ** 31))
    misconfigured('retry: delays and backoffFactor must be numbers from 0 to 2147483647')
  if (!['exponential', 'linear', 'fixed'].includes(strategy))
    misconfigured("retry: strategy must be 'exponential', 'linear' or 'fixed'")
  let tokens = BUCKET.capacity

  /** Tells how long to wait, or undefined where no try may follow. */
  function delayAfter(
    attempt: number,
    asked: number | undefined,
    deadline = Number.POSITIVE_INFINITY,
  ): number | undefined {
    const growth = { exponential: backoffFactor ** (attempt - 1), linear: attempt, fixed: 1 }[strategy]
    const grown = Math.min(initialDelay * growth, maxDelay)
    const delay = asked ?? (jitter ? (grown * (1 + Math.random())) / 2 : grown)
    return delay <= maxDelay && performance.now() + delay < deadline ? delay : undefined
  }

  /** Decides whether a failed attempt is followed by another, and after which delay. */
  async function decide(
    failed: FailedAttempt,
    signal: AbortSignal | undefined,
    deadline: number | undefined,
  ): Promise<number | undefined> {
    const { attempt, error, response } = failed
    const said = response && (await readWait(response, signal))
    const retried = shouldRetry
      ? await runHook(() => shouldRetry(failed), failed, signal)
      : mayPass(failed, statuses) && said !== 0
    if (!retried) return undefined
    const asked = response
      ? (retryAfter(response.headers) ?? (said || undefined))
      : (error as { retryAfter?: number }).retryAfter
    return delayAfter(attempt, asked, deadline)
  }

  return policy('retry', async ({ signal, call, repeatable }, send) => {
    const budget = call?.maxRetries ?? maxRetries
    if (!isCount(budget)) refuse('maxRetries', 'must be an integer from 0 to 10')
    const changes = call && { call: { ...call, maxRetries: undefined } }
    let spent = 0
    for (let attempt = 1; ; attempt++) {
      let response: Response | undefined
      let error: unknown
      try {
        response = await send(undefined, changes)
        if (!isFailure(response, statuses)) {
          tokens = Math.min(BUCKET.capacity, tokens + (spent || BUCKET.gain))
          return response
        }
      } catch (thrown) {
        error = thrown
      }
      const failed: FailedAttempt = { attempt, error, response }
      const mayRepeat = attempt <= budget && repeatable && !signal?.aborted
      const delay = mayRepeat ? await decide(failed, signal, call?.deadline) : undefined
      spent = error instanceof TimeoutError ? BUCKET.timeoutCost : BUCKET.cost
      if (delay === undefined || tokens < spent) {
        if (response) return response
        throw error
      }
      tokens -= spent
      const retrying = { ...failed, delay }
      if (onRetry) await runHook(() => onRetry(retrying), failed, signal)
      response?.body?.cancel().catch(() => {})
      await sleep(delay, signal)
    }
  })
}
