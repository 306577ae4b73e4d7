import { answerOf } from '../call/answer.ts'
import type { Call, Fetch, FetchInit } from '../call/policy.ts'
import { onAbort, reasonOf } from '../call/signals.ts'
import { locate } from '../errors/llm-error.ts'
import { requestIdOf } from '../wire/api-failure.ts'
import { digest } from '../wire/digest.ts'
import { receive } from './attempt.ts'
import { readJson } from './read-json.ts'
import { buildRequest, type Settings } from './request.ts'
import type { CallOptions, Operation, WithResponse } from './types.ts'

/** What an exchange has brought. */
export interface Exchange<T> {
  readonly data: T
  /** Tells what was around the data; made only for who asks. */
  readonly around: () => WithResponse<T>
}

/** Gives each attempt its key, and the cache a digest of it: what it asks for before the first attempt is the first one's key. */
function signing(source: Settings['key'], signal: AbortSignal | undefined): Pick<Call, 'key' | 'digest'> {
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
        latest = source(signal)
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
): Promise<Exchange<T>> {
  const started = performance.now()
  const { maxRetries, timeout, cache } = options
  const signal = options.signal ?? undefined
  // What is no signal is refused here, before anything is sent.
  if (signal) onAbort(signal, () => {})()
  if (signal?.aborted) throw reasonOf(signal)
  const operation = typeof given === 'function' ? given() : given
  if ('body' in operation) settings.validate?.(operation.body, operation.name)
  const { method, url, signs, init } = buildRequest(settings, operation, options)
  let attempts = 0
  let scrub: Call['scrub'] = String

  // The caller's own reason may be an error of this library's, and is passed on as it is.
  const locateHere = (error: unknown) => {
    if (!signal?.aborted || error !== reasonOf(signal)) locate(error, method, url)
  }
  const call: Call = {
    operation: operation.name,
    baseUrl: settings.baseUrl,
    stream: !!operation.stream,
    maxRetries,
    timeout,
    cache,
    watchers: [{ attempt: () => attempts++ }],
    ...signing(signs ? settings.key : undefined, signal),
    scrub: text => scrub(text),
    read(response, { signal, body: sent, call }, reading) {
      scrub = reading.scrub
      const { watchers } = call!
      const { maxResponseBytes, maxEventBytes } = settings
      const limits = { maxResponseBytes, maxEventBytes }
      const context = { operation, sent, watchers, locate: locateHere, ...limits, ...reading }
      const read = operation.read ?? readJson<T>
      return read(response, { ...context, signal: signal ?? undefined, disconnect: reading.disconnect })
    },
  }
  const inside: FetchInit = signal ? { ...init, signal, call } : { ...init, call }
  try {
    const response = await fetchWithPolicies(url, inside)
    // A policy may answer with a response of its own.
    const answer = answerOf(response) ?? (await receive(response, inside, { scrub: String }))
    const latencyMs = performance.now() - started
    const { data } = answer as { data: T }
    return {
      data,
      around() {
        const { status, headers } = response
        const id = requestIdOf(headers)
        return { data, status, headers, requestId: id && scrub(id), latencyMs, attempts }
      },
    }
  } catch (error) {
    locateHere(error)
    throw error
  }
}
