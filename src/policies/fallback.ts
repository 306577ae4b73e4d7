import { answerOf, setAnswer } from '../call/answer.ts'
import { type FetchPolicy, type PolicyRequest, policy } from '../call/policy.ts'
import { untilAborted } from '../call/signals.ts'
import { TARGET_HEADER } from '../call/target-header.ts'
import { isLLMError } from '../errors/llm-error.ts'
import { misconfigured } from '../wire/service.ts'
import { type FallbackTarget, openTarget } from './fallback-target.ts'
import { isOutage } from './is-outage.ts'

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

function isDown({ error, response }: FailedService, request: PolicyRequest): boolean {
  if (response) return response.status >= 500 || response.status === 429
  return isOutage(error, request) || (isLLMError(error) && /^(RateLimit|CircuitOpen)Error$/.test(error.name))
}

/** Whether the answer of another client's fetch is a failure. */
function isFailure(response: Response): boolean {
  return !answerOf(response) && response.status >= 400
}

/** Adds who answered: a response's own headers cannot be changed. */
function label(response: Response, target: string): Response {
  const { status, statusText, url } = response
  const headers = new Headers(response.headers)
  headers.set(TARGET_HEADER, target)
  const answer = answerOf(response)
  const labelled = new Response(answer ? null : response.body, { status, headers })
  Object.defineProperties(labelled, { url: { value: url }, statusText: { value: statusText } })
  return answer ? setAnswer(labelled, answer) : labelled
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
 * @example
 * const to = [{ baseUrl: 'https://api.groq.com/openai/v1', apiKey: env.GROQ_API_KEY, model: 'llama-3.3-70b-versatile' }]
 * const client = createClient({ apiKey, policies: [fallback({ to }), retry()] })
 */
export function fallback({ to, baseUrl, when, onFallback }: FallbackOptions): FetchPolicy {
  if (!Array.isArray(to) || !to.length) misconfigured('fallback: to must list a service')
  const targets = to.map(openTarget)

  async function movesOn(failed: FailedService, request: PolicyRequest): Promise<boolean> {
    const { signal } = request
    if (signal?.aborted) return false
    const decision = Promise.resolve(when ? when(failed) : isDown(failed, request))
    if (!(await untilAborted(signal, decision))) return false
    onFallback?.(failed)
    return true
  }

  return policy('fallback', async (request, send) => {
    const { url, init, method, headers, signal, call, repeatable } = request
    const first = call?.baseUrl ?? baseUrl?.replace(/\/$/, '')
    if (first === undefined) misconfigured("fallback: needs baseUrl around another client's fetch")
    // A request for anything else has no counterpart at another service.
    const [path] = repeatable && url.startsWith(`${first}/`) ? url.slice(first.length).split('?') : []
    for (let index = 0; ; index++) {
      const target = targets[index - 1]
      const following = targets[index]
      let response: Response | undefined
      let error: unknown
      try {
        const changes = target && {
          ...(await target.adapt({ ...init, method, headers }, signal)),
          url: target.baseUrl + path,
        }
        response = await send(undefined, changes)
        if (target) response = label(response, target.baseUrl)
        if (!isFailure(response)) return response
      } catch (thrown) {
        error = thrown
      }
      const from = target?.baseUrl ?? first
      if (
        !path ||
        !following ||
        !(await movesOn({ from, to: following.baseUrl, error, response }, request))
      ) {
        if (response) return response
        throw error
      }
      response?.body?.cancel().catch(() => {})
    }
  })
}
