import { type Answer, setAnswer } from '../call/answer.ts'
import type { Fetch, FetchInit, Reading } from '../call/policy.ts'
import { queryOf, redact, secretsOf } from '../call/secrets.ts'
import { abortWith, reasonOf, untilAborted } from '../call/signals.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { isLLMError } from '../errors/llm-error.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import { openBody, readBriefly } from '../wire/body.ts'
import { connectionFailure } from '../wire/connection-failure.ts'
import type { HeaderRecord } from '../wire/headers.ts'
import { throwFailure } from '../wire/json.ts'

/** Throws the error that a response stands for, unless it is one with an answer. */
export async function refuseFailure(
  response: Response,
  signal: AbortSignal | null | undefined,
  { scrub, disconnect }: Reading,
): Promise<void> {
  const { status, type, headers } = response
  if (status >= 400)
    // The error is known already: 64 KiB is all that its details may be. No watcher is told of the read, or the clock of a
    // silent body would run on into the wait for the next attempt.
    throwFailure(await readBriefly(openBody(response, { signal, disconnect }, 1e9)), response, scrub)
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

/** Calls the platform's `fetch` or the user's own. What throws at once is a promise that rejects, too. */
async function start(own: Fetch | undefined, url: string, init: RequestInit): Promise<Response> {
  const send = own ?? (globalThis.fetch as Fetch | undefined)
  if (!send) throw new ConfigurationError('There is no fetch here: give one to the client')
  try {
    return await send(url, init)
  } catch (error) {
    throw connectionFailure(error)
  }
}

/** Makes an answer of a response; whatever of our own code throws here is no failed connection, which a retry would heal. */
export async function receive(response: Response, init: FetchInit, reading: Reading): Promise<Answer> {
  const { call, signal } = init
  try {
    for (const watcher of call!.watchers) watcher.headers?.(response.status)
    await refuseFailure(response, signal, reading)
    return await call!.read(response, init, reading)
  } catch (cause) {
    if (isLLMError(cause) || signal?.aborted) throw cause
    throw new ProtocolError('fetch gave no Response that can be read', { cause })
  }
}

/** Ends a request. A function of its own: it lives as long as a stream does, and nothing large may be in its scope. */
function disconnecter(request: AbortController, signal: AbortSignal | null | undefined): () => void {
  return () => abortWith(request, signal?.aborted ? reasonOf(signal) : undefined)
}

/** Makes the innermost fetch of a client: it signs the request, sends it, and lets only a good answer through. */
export function createSend(own: Fetch | undefined): Fetch {
  return async function send(url, { call, headers: given, ...init }) {
    const { signal } = init
    const { maxRetries, timeout, baseUrl, key, watchers } = call!
    if (/[1-9]/.test(JSON.stringify([maxRetries, timeout])))
      throw new ConfigurationError(
        'maxRetries and timeout need their policies: policies: [retry(), timeout()]',
      )
    // A policy may have changed them.
    const headers: HeaderRecord = {}
    const pairs = Symbol.iterator in given! ? given : Object.entries(given!)
    for (const [name, value] of pairs as Iterable<[string, string]>) headers[name.toLowerCase()] = value
    // A policy may have sent the call elsewhere: the key is for the service of the call.
    if (key && !('authorization' in headers) && url.startsWith(`${baseUrl}/`)) {
      const secret = key(signal)
      headers.authorization = `Bearer ${typeof secret === 'string' ? secret : await untilAborted(signal, secret)}`
    }
    for (const watcher of watchers) watcher.attempt?.()
    const request = new AbortController()
    const disconnect = disconnecter(request, signal)
    const sent = start(own, url, { ...init, headers, signal: request.signal })
    try {
      const response = await untilAborted(signal, sent)
      const scrub = (text: string) => redact(text, secretsOf([...Object.entries(headers), ...queryOf(url)]))
      return setAnswer(response, await receive(response, { ...init, call }, { scrub, disconnect }))
    } catch (error) {
      // The answer is of no use any more, even if it only comes later.
      disconnect()
      sent.then(({ body }) => body?.cancel()).catch(() => {})
      throw signal?.aborted ? reasonOf(signal) : error
    }
  }
}
