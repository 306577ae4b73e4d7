import { ignoreErrors } from '../call/ignore-errors.ts'
import {
  type CacheMode,
  type FetchInit,
  type FetchPolicy,
  type PolicyRequest,
  policy,
} from '../call/policy.ts'
import { untilAborted } from '../call/signals.ts'
import { watchBody } from '../call/watch-body.ts'
import { isLLMError } from '../errors/llm-error.ts'
import { misconfigured } from '../wire/service.ts'
import { type CacheRequest, readRequest } from './cache-key.ts'
import type { CacheStore } from './cache-store.ts'
import { cachedAnswers, type Outcome, serve } from './cached-answers.ts'
import { memoryStore } from './memory-store.ts'
import { shareCalls } from './share-calls.ts'

export interface CacheOptions {
  /** How long an answer is given again, in milliseconds; `Infinity` is for ever. @default 300_000 */
  readonly ttl?: number | undefined
  /** Where answers are kept: any storage of unstorage's, `cacheApiStore()`, `localStorage`. @default memoryStore() */
  readonly store?: CacheStore | undefined
  /**
   * What decides the answer to a request, as a value of JSON: `({ url, body }) => [url, body]` ignores headers. The caller's
   * credentials count in any case. `undefined` keeps the request out of the cache. For a batch of embeddings it is called with the
   * whole of it, and with each input alone.
   * @default all of the request
   */
  readonly key?: ((request: CacheRequest) => unknown) | undefined
  /**
   * Called with the error of a store that failed, took over two seconds or returned no entry, and of a `key` that threw; the call
   * goes on without the cache. An error of the store's own may show what was stored.
   * @default a line on `console.warn` that shows nothing of the call
   */
  readonly onError?: ((error: unknown) => void) | undefined
}

function warn(error: unknown): void {
  const { name, message } = Object(error)
  // Any other message may show what was stored.
  console.warn(`llmfetch cache: ${name === 'LLMError' ? message : name}`)
}

/** What the caller asks of the cache, around another client's fetch too. */
function modeOf({ call, init: { cache } }: PolicyRequest): CacheMode | undefined {
  if (call) return call.cache
  return cache === 'no-store' ? 'bypass' : cache === 'reload' ? 'refresh' : undefined
}

/**
 * Answers again what was answered before: whole chat completions, embeddings and lists of models, with status 200. Streams,
 * errors and whatever else pass through. Equal calls that are under way share one request, which is aborted only when all of
 * them are; on Cloudflare Workers, where a request cannot outlive the one that it began in, each sends its own.
 *
 * Calls are equal when their method, URL, body (in whichever order its members come), headers and key are; of all this a store
 * sees a SHA-256 digest. Embeddings are kept one by one: for a batch, the cache asks only for the missing ones, and `usage` counts
 * only these, 0 where nothing was asked. A completion is given again with the `usage` that it had.
 *
 * An answer from the cache has the header `x-llmfetch-cache`, as `withResponse()` shows: `hit`, `partial` (a batch of which some
 * were asked for) or `shared` (of another call's request); one without was asked for. The option `cache` of a call is
 * `'bypass'` or `'refresh'`; around another client's fetch these are `init.cache`, `'no-store'` and `'reload'`.
 *
 * Place it outside of `retry`, `timeout` and the like, so that a hit costs nothing. What `fallback` got from another service is
 * not kept.
 *
 * @throws {ConfigurationError} for a `ttl` that is not above 0, or a store that is none
 * @example
 * const client = createClient({ apiKey, policies: [cache({ ttl: 60_000 }), retry()] })
 */
export function cache(options: CacheOptions = {}): FetchPolicy {
  const { ttl = 300_000, store = memoryStore(), key, onError = warn } = options
  if (!(ttl > 0) || typeof store?.getItem !== 'function')
    misconfigured('cache: ttl must be above 0, store have getItem')
  const share = shareCalls<Outcome>()
  const report = (error: unknown) => ignoreErrors(() => onError(error))
  const answers = cachedAnswers(store, ttl, key, report)

  return policy('cache', async (request, send) => {
    const { call, signal, init } = request
    const mode = modeOf(request)
    const asked = mode === 'bypass' ? undefined : readRequest(request)
    const name = asked && (await untilAborted(signal, answers.identify([asked], request)))[0]
    if (!asked || name === undefined) return send()
    const isRefresh = mode === 'refresh'
    const work = (changes: FetchInit) =>
      answers.answer({
        asked,
        name,
        request: { ...request, init: { ...init, ...changes }, signal: changes.signal!, call: changes.call },
        isRefresh,
        ask: more => send(undefined, { ...changes, ...more }),
      })
    // Only calls with the same limits can share what these make of a request.
    const sharedName = JSON.stringify([name, mode, call?.operation, call?.timeout, call?.maxRetries])
    for (let isLate = false; ; isLate = true) {
      const { result, isFirst, leave } = share(sharedName, request, work)
      let outcome: Outcome
      try {
        outcome = await untilAborted(signal, result)
      } catch (error) {
        leave()
        // Nobody reads this response now, while other callers may wait for the body.
        if (isFirst)
          result.then<unknown>(({ response, body }) => body ?? response.body?.cancel()).catch(() => {})
        // For a caller who came later, the time limit that ended it had begun too early.
        if (isFirst || isLate || signal?.aborted || Object(error).name !== 'TimeoutError')
          throw isFirst ? error : copyError(error)
        continue
      }
      const { response, body, isHit } = outcome
      // Of what is passed on, the caller's abort must end the body too.
      if (isFirst && body === undefined) return watchBody(response, { end: leave })
      leave()
      if (isFirst) return response
      return body === undefined ? send() : serve(body, isHit ? 'hit' : 'shared', request)
    }
  })
}

/** Copies an error for each caller who shared a call: `partial` and `url` are noted on it. */
function copyError(error: unknown): unknown {
  if (!isLLMError(error)) return error
  const Same = error.constructor as new (message: string, details: object) => Error
  return new Same(error.message, { ...error, cause: error.cause })
}
