import { answerOf } from '../call/answer.ts'
import type { Call, Fetch } from '../call/policy.ts'
import { onAbort, reasonOf } from '../call/signals.ts'
import { locate as locateError } from '../errors/llm-error.ts'
import { requestIdOf } from '../wire/api-failure.ts'
import { digest } from '../wire/digest.ts'
import { receive } from './attempt.ts'
import { readJson } from './read-json.ts'
import { buildInit, buildUrl, type Settings } from './request.ts'
import type { CallOptions, Operation, WithResponse } from './types.ts'

/** Gives each attempt its key, and the cache a digest of it: what it asks for before the first attempt is the first one's key. */
function signing(source: Settings['key']): Pick<Call, 'key' | 'digest'> {
  if (!source) return { digest }
  let latest: string | Promise<string> | undefined
  let isSpent = true
  return {
    key(signal) {
      if (isSpent) latest = source(signal)
      isSpent = true
      return latest!
    },
    async digest(text) {
      if (latest === undefined) {
        latest = source()
        isSpent = false
      }
      return digest(text + (await latest))
    },
  }
}

/** Runs one exchange: builds the request, sends it through the policies, reads the answer. */
export async function exchange<T>(
  settings: Settings,
  fetchWithPolicies: Fetch,
  given: Operation<T> | (() => Operation<T>),
  options: CallOptions,
): Promise<WithResponse<T>> {
  const started = performance.now()
  const { signal, maxRetries, timeout, cache } = options
  // What is no signal is refused here, before anything is sent.
  if (signal) onAbort(signal, () => {})()
  if (signal?.aborted) throw reasonOf(signal)
  const operation = typeof given === 'function' ? given() : given
  const { name, body, stream = false, read = readJson<T> } = operation
  if (body !== undefined) settings.validate?.(body, name)
  const url = buildUrl(settings, operation, options.query)
  const [init, signs] = buildInit(settings, operation, url, options)
  let attempts = 0
  let scrub: Call['scrub'] = String
  const locate = (error: unknown) => {
    // The caller's own reason may be an error of this library's, and is passed on as it is.
    if (!signal?.aborted || error !== reasonOf(signal)) locateError(error, init.method!, url)
  }
  const call: Call = {
    operation: name,
    baseUrl: settings.baseUrl,
    stream,
    maxRetries,
    timeout,
    cache,
    watchers: [{ attempt: () => attempts++ }],
    ...signing(signs ? settings.key : undefined),
    scrub: text => scrub(text),
    read(response, { signal, body, call }, reading) {
      scrub = reading.scrub
      const { watchers } = call!
      return read(response, { ...settings.limits, ...reading, operation, signal, body, watchers, locate })
    },
  }
  const inside = { ...init, ...(signal && { signal }), call }
  try {
    const response = await fetchWithPolicies(url, inside)
    // A policy may answer with a response of its own.
    const { data } = answerOf(response) ?? (await receive(response, inside, { scrub }))
    const { status, headers } = response
    return {
      data: data as T,
      status,
      headers,
      // Looked for only where it is asked for.
      get requestId() {
        return requestIdOf(headers, scrub)
      },
      latencyMs: performance.now() - started,
      attempts,
    }
  } catch (error) {
    locate(error)
    throw error
  }
}
