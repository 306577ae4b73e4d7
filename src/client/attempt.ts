import { type Answer, setAnswer } from '../call/answer.ts'
import type { Fetch, FetchInit, Reading } from '../call/policy.ts'
import { queryOf, redact, secretsOf } from '../call/secrets.ts'
import { abortWith, reasonOf, untilAborted } from '../call/signals.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { isLLMError } from '../errors/llm-error.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import { apiFailure } from '../wire/api-failure.ts'
import { openBody, readBriefly } from '../wire/body.ts'
import { connectionFailure } from '../wire/connection-failure.ts'
import type { HeaderRecord } from '../wire/headers.ts'
import type { Settings } from './request.ts'

/** Throws the error that a response stands for, unless it is one with an answer. */
export async function refuseFailure(response: Response, { signal }: FetchInit, { scrub, disconnect }: Reading): Promise<void> {
  const { status, type, headers } = response
  if (status >= 400) {
    // The error is known already: 64 KiB is all that its details may be. No watcher is told of the read, or the clock of a
    // silent body would run on into the wait for the next attempt.
    const text = await readBriefly(openBody(response, { signal, disconnect, maxBytes: 1e9 }), 65_536)
    throw apiFailure(text.slice(0, 65_536), response, scrub)
  }
  const location = headers.get('location')
  if (type === 'opaqueredirect' || (status >= 300 && location !== null))
    throw new ProtocolError(`Redirect refused: baseUrl should be ${scrub(originOf(location))}`)
  if (status < 200 || status > 203) throw new ProtocolError(`Unusable status ${status}`)
}

function originOf(location: string | null): string {
  try {
    return new URL(location!).origin
  } catch {
    return 'its target'
  }
}

/** Copies headers that a policy may have changed, names in lower case. */
function copyHeaders(given: FetchInit['headers']): HeaderRecord {
  const headers: HeaderRecord = {}
  const pairs = given && Symbol.iterator in given ? given : Object.entries(given ?? {})
  for (const [name, value] of pairs as Iterable<[string, string]>) headers[name.toLowerCase()] = value
  return headers
}

/** Ends a request. A function of its own: it lives as long as a stream does, and nothing large may be in its scope. */
function disconnecter(request: AbortController, signal: AbortSignal | null | undefined): () => void {
  return () => abortWith(request, signal?.aborted ? reasonOf(signal) : undefined)
}

/** Calls the platform's `fetch` or the user's own. What throws at once is a promise that rejects, too. */
async function start(own: Fetch | undefined, url: string, init: RequestInit): Promise<Response> {
  const send = own ?? (globalThis.fetch as Fetch | undefined)
  if (!send) throw new ConfigurationError('This runtime has no fetch: pass one to the client')
  try {
    return await send(url, init)
  } catch (error) {
    throw connectionFailure(error)
  }
}

/** Makes an answer of a response; whatever of our own code throws here is no failed connection, which a retry would heal. */
export async function receive(response: Response, init: FetchInit, reading: Reading): Promise<Answer> {
  try {
    if (typeof response?.headers?.get !== 'function') throw new ProtocolError('fetch gave no Response')
    for (const watcher of init.call!.watchers) watcher.headers?.(response.status)
    await refuseFailure(response, init, reading)
    return await init.call!.read(response, init, reading)
  } catch (error) {
    if (isLLMError(error) || init.signal?.aborted) throw error
    throw new ProtocolError('The answer cannot be read', { cause: error })
  }
}

/** Makes the innermost fetch of a client: it signs the request, sends it, and lets only a good answer through. */
export function createSend({ fetch: own }: Pick<Settings, 'fetch'>): Fetch {
  return async function send(url, { call: given, headers: givenHeaders, ...init }) {
    const call = given!
    const { signal } = init
    const { maxRetries, timeout, baseUrl, key } = call
    if ([maxRetries, ...(typeof timeout === 'object' ? Object.values(timeout) : [timeout])].some(left => left! > 0))
      throw new ConfigurationError('maxRetries and timeout need their policies: policies: [retry(), timeout()]')
    const headers = copyHeaders(givenHeaders)
    // A policy may have sent the call elsewhere: the key is for the service of the call.
    if (key && !('authorization' in headers) && url.startsWith(`${baseUrl}/`)) {
      const given = key(signal ?? undefined)
      headers.authorization = `Bearer ${typeof given === 'string' ? given : await untilAborted(signal, given)}`
    }
    for (const watcher of call.watchers) watcher.attempt?.()
    const request = new AbortController()
    const disconnect = disconnecter(request, signal)
    const sent = start(own, url, { ...init, headers, signal: request.signal })
    try {
      const response = await untilAborted(signal, sent)
      const scrub = (text: string) => redact(text, secretsOf([...Object.entries(headers), ...queryOf(url)]))
      const answer = await receive(response, { ...init, call }, { scrub, disconnect })
      return setAnswer(response, answer)
    } catch (error) {
      // The answer is of no use any more, even if it only comes later.
      disconnect()
      sent.then(({ body }) => body?.cancel()).catch(() => {})
      throw signal?.aborted ? reasonOf(signal) : error
    }
  }
}

