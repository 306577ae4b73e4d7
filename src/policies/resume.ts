import { type FetchPolicy, policy } from '../call/policy.ts'
import { abortWith, linked, sleep } from '../call/signals.ts'
import { watchBody } from '../call/watch-body.ts'
import { IncompleteStreamError } from '../errors/incomplete-stream-error.ts'
import { LimitError } from '../errors/limit-error.ts'
import { mayHeal } from '../wire/connection-failure.ts'
import { END_MARK, RESUMABLE_HEADER } from '../wire/resumable.ts'
import { misconfigured } from '../wire/service.ts'

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
  /** How long to try since the last byte, or since the request. @default 60_000 */
  readonly within?: number | undefined
  /** The first wait; each further one is twice as long, up to 5 seconds. @default 250 */
  readonly initialDelay?: number | undefined
  /** Called before each try. */
  readonly onResume?: ((line: BrokenLine) => void) | undefined
}

/** The longest wait, in milliseconds. */
const MAX_DELAY = 5000

/** The largest event, in characters: what is not whole is held. A relay itself ends a stream at a quarter of that. */
const MAX_EVENT = 33_554_432

/** A status that may pass: the relay is being deployed, or is busy, or the page of a network's login stands in its place. */
const PASSING = /^(200|408|425|429|5..)$/

/** A line to a relay, which may break and be opened anew. */
interface Line {
  /** Sends the request, again and again; `error` tells what broke the line that there was. */
  open(error?: unknown): Promise<Response>
  /** Notes what arrived: an event, or a sign of life, as a model may think for longer than the time to try. */
  note(id?: number): void
}

/**
 * @param send sends the request in its first form, or, once there is a stream, asks for what comes after an event
 * @param mayRepeat whether the request can be sent twice in its first form
 */
function createLine(
  { within = 60_000, initialDelay = 250, onResume }: ResumeOptions,
  signal: AbortSignal,
  send: (after: number | undefined) => Promise<Response>,
  mayRepeat: boolean,
): Line {
  let lastEventId: number | undefined
  let attempt = 0
  let since = performance.now()

  async function pause(error: unknown): Promise<void> {
    if (signal.aborted || performance.now() - since > within) throw error
    onResume?.({ attempt: ++attempt, lastEventId: lastEventId ?? 0, error })
    const delay = Math.min(initialDelay * 2 ** (attempt - 1), MAX_DELAY)
    await sleep((delay * (1 + Math.random())) / 2, signal)
  }

  return {
    note(id) {
      since = performance.now()
      if (id === undefined) return
      lastEventId = id
      attempt = 0
    },
    async open(error) {
      const isFirst = lastEventId === undefined
      for (let cause = error; ; ) {
        if (cause) await pause(cause)
        try {
          const response = await send(lastEventId)
          const { ok, status, headers, body } = response
          const isGone = status === 410
          const isStream = ok && (!body || headers.has(RESUMABLE_HEADER))
          if (!isGone && (isStream || isFirst)) return response
          body?.cancel().catch(() => {})
          cause = isGone
            ? new IncompleteStreamError('The stream is not there any more', { code: 'stream_gone' })
            : new IncompleteStreamError(`The stream cannot be resumed: status ${status}`)
          if (!PASSING.test(`${status}`)) throw cause
        } catch (thrown) {
          if (thrown instanceof IncompleteStreamError || !mayHeal(thrown) || (isFirst && !mayRepeat))
            throw thrown
          cause = thrown
        }
      }
    },
  }
}

/** Reads a stream over as many lines as it takes: whole events alone, as the next line begins after the last of them. */
function readOver(
  line: Line,
  first: ReadableStream<Uint8Array>,
  leave: (reason?: unknown) => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let reader = first.getReader()
  let decoder = new TextDecoder()
  /** What there is of the next event, and its last character. */
  let rest = ''
  let seam = ''

  /** Takes bytes in, and gives the events that are whole. Only the new piece is searched: an event may come in thousands. */
  function take(bytes: Uint8Array): string {
    const piece = decoder.decode(bytes, { stream: true })
    const blank = (seam + piece).lastIndexOf('\n\n')
    const end = blank < 0 ? 0 : blank + 2 - seam.length
    const whole = end ? rest + piece.slice(0, end) : ''
    rest = end ? piece.slice(end) : rest + piece
    seam = (end ? rest : seam + piece).slice(-1)
    if (rest.length > MAX_EVENT) throw new LimitError(`An event is over ${MAX_EVENT} characters`)
    for (const [, id] of whole.matchAll(/^id: (\d+)$/gm)) line.note(Number(id))
    return whole
  }

  /** Gives the next events, or nothing at the stream's end. */
  async function next(): Promise<string | undefined> {
    for (;;) {
      let bytes: Uint8Array | undefined
      try {
        bytes = (await reader.read()).value
        if (!bytes) throw new TypeError('The line ended before the stream')
        line.note()
      } catch (error) {
        const { body } = await line.open(error)
        if (!body) return undefined
        reader = body.getReader()
        decoder = new TextDecoder()
        rest = ''
        seam = ''
        continue
      }
      const whole = take(bytes)
      if (whole) return whole
    }
  }

  return new ReadableStream(
    {
      async pull(stream) {
        try {
          const events = await next()
          if (events) stream.enqueue(encoder.encode(events))
          if (events && !events.endsWith(END_MARK)) return
          stream.close()
          // What is left is the end: it lets the connection be used again.
          reader.read().then(() => leave(), leave)
        } catch (error) {
          leave()
          throw error
        }
      },
      cancel(reason) {
        leave(reason)
        return reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
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
 * @throws {LimitError} from the answer's body, for an event over 33,554,432 characters
 * @throws {ConfigurationError} in the `policies` of a client
 * @example
 * const client = createClient({ baseUrl: '/api/v1', apiKey: () => session(), fetch: resume()(fetch) })
 */
export function resume(options: ResumeOptions = {}): FetchPolicy {
  return policy('resume', async ({ url, input, method, headers: asked, signal, call, repeatable }, send) => {
    if (call) misconfigured('resume goes around fetch: createClient({ fetch: resume()(fetch) })')
    const headers = new Headers(asked)
    if (!headers.has('idempotency-key')) {
      if (method !== 'POST') return send()
      headers.set('idempotency-key', crypto.randomUUID())
    }
    const { controller, unlink } = linked(signal)
    const line = createLine(
      options,
      controller.signal,
      after => {
        const changes = { headers, signal: controller.signal }
        if (after === undefined) return send(undefined, changes)
        headers.set('last-event-id', `${after}`)
        const { credentials }: Partial<Request> = Object(input)
        // From here on it is read, whatever asked for it.
        return send(undefined, {
          ...changes,
          url,
          method: 'GET',
          body: null,
          ...(credentials && { credentials }),
        })
      },
      repeatable,
    )
    let first: Response
    try {
      first = await line.open()
    } catch (error) {
      unlink()
      throw error
    }
    const { status, headers: answered, body } = first
    if (answered.get(RESUMABLE_HEADER) !== '1' || !body) return watchBody(first, { end: unlink })
    line.note(Number(headers.get('last-event-id')))
    const leave = (reason?: unknown) => {
      unlink()
      abortWith(controller, reason)
    }
    return new Response(readOver(line, body, leave), { status, headers: answered })
  })
}
