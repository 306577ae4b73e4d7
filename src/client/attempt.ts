import { setAnswer } from '../call/answer.ts'
import type { Fetch, Reading } from '../call/policy.ts'
import { queryOf, redact } from '../call/secrets.ts'
import { abortWith, reasonOf, untilAborted } from '../call/signals.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import { refuse } from '../errors/validation-error.ts'
import { readBriefly } from '../wire/body.ts'
import { connectionFailure } from '../wire/connection-failure.ts'
import { type HeaderRecord, setHeaders } from '../wire/headers.ts'
import { throwFailure } from '../wire/json.ts'
import { misconfigured } from '../wire/service.ts'

/** Throws the error that a response stands for, unless it is one with an answer. */
export async function refuseFailure(
  response: Response,
  context: Reading & { readonly signal?: AbortSignal | null | undefined },
): Promise<void> {
  const { status, type, headers } = response
  const { scrub } = context
  if (status >= 400) throwFailure(await readBriefly(response, context), response, scrub)
  const location = headers.get('location')
  if (type === 'opaqueredirect' || (status >= 300 && location !== null))
    throw new ProtocolError(
      `Redirect refused: baseUrl should be ${scrub(/^https?:..[^/?#@]+/.exec(location!)?.[0] ?? 'its target')}`,
    )
  if (status < 200 || status > 203) throw new ProtocolError(`Unusable status ${status}`)
}

/** Calls the platform's `fetch` or the user's own. What throws at once is a promise that rejects, too. */
async function start(own: Fetch | undefined, url: string, init: RequestInit): Promise<Response> {
  try {
    return await (own ?? fetch)(url, init)
  } catch (error) {
    throw connectionFailure(error)
  }
}

/** Ends a request. A function of its own: it lives as long as a stream does, and nothing large may be in its scope. */
function disconnecter(request: AbortController, signal: AbortSignal | null | undefined): () => void {
  return () => abortWith(request, signal?.reason)
}

/** Makes the innermost fetch of a client: it signs the request, sends it, and lets only a good answer through. */
export function createSend(own: Fetch | undefined): Fetch {
  return async function send(url, { call, ...init }) {
    const { signal } = init
    const { maxRetries, timeout, baseUrl, key, watchers } = call!
    if ((maxRetries || timeout) && /[1-9]/.test(JSON.stringify([maxRetries, timeout])))
      misconfigured('maxRetries and timeout need policies: [retry(), timeout()]')
    const headers: HeaderRecord = {}
    // A policy may have changed them.
    setHeaders(headers, init.headers as HeaderRecord, refuse)
    // A policy may have sent the call elsewhere: the key is for the service of the call.
    if (key && !headers.authorization && url.startsWith(`${baseUrl}/`))
      headers.authorization = `Bearer ${await untilAborted(signal, key(signal, true))}`
    for (const watcher of watchers) watcher.attempt?.(url)
    const request = new AbortController()
    const disconnect = disconnecter(request, signal)
    const sent = start(own, url, { ...init, headers, signal: request.signal })
    try {
      const response = await untilAborted(signal, sent)
      const scrub = (text: string) => redact(text, [...Object.entries(headers), ...queryOf(url)])
      return setAnswer(response, await call!.read(response, { ...init, call }, { scrub, disconnect }))
    } catch (error) {
      // The answer is of no use any more, even if it only comes later.
      disconnect()
      sent.then(({ body }) => body?.cancel()).catch(() => {})
      throw signal?.aborted ? reasonOf(signal) : error
    }
  }
}
