import { type FetchInit, type FetchPolicy, policy } from '../call/policy.ts'
import { abortWith, linked, sleep } from '../call/signals.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { IncompleteStreamError } from '../errors/incomplete-stream-error.ts'
import { mayHeal } from '../wire/connection-failure.ts'

/** A line that broke, as {@link ResumeOptions.onResume} sees it. */
export interface BrokenLine {
  /** 1 for the first try since the last event. */
  readonly attempt: number
  /** The number of the last event that arrived; 0 for none. */
  readonly lastEventId: number
  /** What broke it. */
  readonly error: unknown
}

/** Times in milliseconds. */
export interface ResumeOptions {
  /** How long to try since the last event, or since the request. @default 60_000 */
  readonly within?: number | undefined
  /** The first wait; each further one is twice as long, up to 5 seconds. @default 250 */
  readonly initialDelay?: number | undefined
  /** Called before each try. */
  readonly onResume?: ((line: BrokenLine) => void) | undefined
}

/** The longest wait, in milliseconds. */
const MAX_DELAY = 5000

/** What a relay ends a stream with: without it, the end is one of the line alone. */
const END_MARK = ': end\n\n'

/** A status that may pass: the relay is being deployed, or is busy. */
function mayPass(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429
}

/**
 * Goes on with a stream of a relay (`llmfetch/relay`) whose line broke, exactly where it broke: whoever reads sees one answer. A
 * request is given an `idempotency-key` unless it has one, so that it is asked once however often it is sent. With a key that was
 * kept, a page that was loaded anew reads the same answer from its start: it sends the same request again, or a GET with the key.
 *
 * It stands around a `fetch`, not among a client's policies. A time limit inside of it ends a line that has died without a word:
 * `resume()(timeout({ idle: 45_000 })(fetch))`, as a relay is never silent for longer than 15 seconds.
 *
 * @throws {IncompleteStreamError} from the answer's body, where the stream is not there any more
 * @throws {ConfigurationError} in the `policies` of a client
 * @example
 * const client = createClient({ baseUrl: '/api/v1', apiKey: () => session(), fetch: resume()(fetch) })
 */
export function resume({ within = 60_000, initialDelay = 250, onResume }: ResumeOptions = {}): FetchPolicy {
  return policy('resume', async ({ url, input, init, signal, call, repeatable }, send) => {
    if (call)
      throw new ConfigurationError('resume goes around fetch: createClient({ fetch: resume()(fetch) })')
    const given: Partial<Request> = Object(input)
    const headers = new Headers(init.headers ?? given.headers)
    if (!headers.has('idempotency-key')) {
      if ((init.method ?? given.method) !== 'POST') return send()
      headers.set('idempotency-key', crypto.randomUUID())
    }
    const { controller, unlink } = linked(signal)
    let changes: FetchInit & { url?: string } = { headers, signal: controller.signal }
    let lastEventId = Number(headers.get('last-event-id'))
    let attempt = 0
    let since = performance.now()

    /** Sends the request, again and again where `error` tells that the line is broken. */
    async function open(error?: unknown): Promise<Response> {
      let cause = error
      for (;;) {
        if (cause) {
          if (controller.signal.aborted || performance.now() - since > within) throw cause
          onResume?.({ attempt: ++attempt, lastEventId, error: cause })
          const delay = Math.min(initialDelay * 2 ** (attempt - 1), MAX_DELAY)
          await sleep((delay * (1 + Math.random())) / 2, controller.signal)
        }
        try {
          const response = await send(undefined, changes)
          if (response.status === 410)
            throw new IncompleteStreamError('The stream is not there any more', { code: 'stream_gone' })
          if (response.ok || !changes.url) return response
          cause = new IncompleteStreamError(`The stream cannot be resumed: status ${response.status}`)
          if (!mayPass(response.status)) throw cause
          response.body?.cancel().catch(() => {})
        } catch (thrown) {
          if (thrown instanceof IncompleteStreamError || !mayHeal(thrown) || (!changes.url && !repeatable))
            throw thrown
          cause = thrown
        }
      }
    }

    const first = await open().catch(error => {
      unlink()
      throw error
    })
    if (first.headers.get('x-relay-resumable') !== '1' || !first.body) {
      first.body ?? unlink()
      return first
    }
    // From here on it is read, whatever asked for it.
    changes = {
      ...changes,
      url,
      method: 'GET',
      body: null,
      ...(given.credentials && { credentials: given.credentials }),
    }
    let reader = first.body.getReader()
    let decoder = new TextDecoder()
    let text = ''

    /** Takes bytes in, and gives the events that are whole. */
    function take(bytes: Uint8Array): string {
      text += decoder.decode(bytes, { stream: true })
      const end = text.lastIndexOf('\n\n') + 2
      if (end < 2) return ''
      const whole = text.slice(0, end)
      text = text.slice(end)
      for (const [, id] of whole.matchAll(/^id: (\d+)$/gm)) {
        lastEventId = Number(id)
        since = performance.now()
        attempt = 0
      }
      headers.set('last-event-id', `${lastEventId}`)
      return whole
    }

    const encoder = new TextEncoder()
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(stream) {
          for (;;) {
            try {
              const { value } = await reader.read()
              if (!value) throw new TypeError('The line ended before the stream')
              const whole = take(value)
              if (!whole) continue
              stream.enqueue(encoder.encode(whole))
              if (!whole.endsWith(END_MARK)) return
              // What is left is the end: it lets the connection be used again.
              reader.read().catch(() => {})
            } catch (error) {
              const response = await open(error)
              if (response.body && response.status !== 204) {
                reader = response.body.getReader()
                decoder = new TextDecoder()
                text = ''
                continue
              }
            }
            unlink()
            return stream.close()
          }
        },
        cancel(reason) {
          abortWith(controller, reason)
          unlink()
          return reader.cancel(reason)
        },
      },
      { highWaterMark: 0 },
    )
    const { status, headers: answered } = first
    return new Response(body, { status, headers: answered })
  })
}
