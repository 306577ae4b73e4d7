import { answerOf } from '../call/answer.ts'
import type { Call, Fetch, FetchInit } from '../call/policy.ts'
import { onAbort, reasonOf } from '../call/signals.ts'
import { isLLMError, locate as locateError } from '../errors/llm-error.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import { requestIdOf } from '../wire/api-failure.ts'
import { refuseFailure } from './attempt.ts'
import { readJson } from './read-json.ts'
import { buildRequest, type Settings } from './request.ts'
import type { CallOptions, Operation, WithResponse } from './types.ts'

/** Runs one exchange: builds the request, sends it through the policies, reads the answer. */
export async function exchange<T>(
  settings: Settings,
  fetchWithPolicies: Fetch,
  given: Operation<T> | (() => Operation<T>),
  options: CallOptions,
): Promise<WithResponse<T>> {
  const started = performance.now()
  const { signal, maxRetries, timeout, cache } = options
  // What is no signal is refused here, and one that has aborted ends the call, before anything is sent.
  if (signal)
    onAbort(signal, () => {
      throw reasonOf(signal)
    })()
  const asked = typeof given === 'function' ? given() : given
  // What follows a stream holds all that a function below uses, and a prompt may be large: none uses what was sent.
  const operation = { ...asked, body: undefined, form: undefined }
  const { name, body, stream = false, read = readJson<T> } = asked
  if (body !== undefined) settings.validate?.(body, name)
  // `url` becomes that of the latest attempt: a policy may ask another service.
  let [url, init, signs] = buildRequest(settings, asked, options)
  const source = signs ? settings.key : undefined
  let attempts = 0
  let scrub: Call['scrub'] = String
  /** The key of the latest attempt, and one that a policy has asked for and no attempt has had. */
  let latest: string | Promise<string> | undefined
  let unused: typeof latest
  const { method } = init
  const locate = (error: unknown) => {
    // The caller's own reason may be an error of this library's, and is passed on as it is.
    if (!signal || error !== reasonOf(signal)) locateError(error, method, url)
  }
  const call: Call = {
    operation: name,
    baseUrl: settings.baseUrl,
    stream: !!stream,
    maxRetries,
    timeout,
    cache,
    watchers: [
      {
        attempt(to, isShared) {
          if (!isShared) attempts++
          url = to
        },
      },
    ],
    key:
      source &&
      ((signal, anew) => {
        if (anew) {
          latest = unused ?? source(signal)
          unused = undefined
        } else latest ??= unused = source(signal)
        return latest
      }),
    scrub: text => scrub(text),
    async read(response, { signal, body, call }, reading) {
      const { watchers } = call!
      const context = { ...settings.limits, ...reading, operation, signal, body, watchers, locate }
      scrub = reading.scrub
      try {
        for (const watcher of watchers) watcher.headers?.(response.status)
        // What promises no JSON, a deletion say, may be answered with nothing at all.
        if (response.status !== 204 || stream || !operation.read) await refuseFailure(response, context)
        return await read(response, context)
      } catch (cause) {
        if (isLLMError(cause) || signal?.aborted) throw cause
        // Whatever of our own code throws is no failed connection, which a retry would heal.
        throw new ProtocolError('The Response is not as the API promises', { cause })
      }
    },
  }
  const inside: FetchInit = { ...init, ...(signal && { signal }), call }
  try {
    const response = await fetchWithPolicies(url, inside)
    // A policy may answer with a response of its own.
    const { data } = answerOf(response) ?? (await call.read(response, inside, { scrub }))
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
