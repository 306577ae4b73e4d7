import { tooLarge } from './blocks.ts'
import { type Answering, passOn } from './pass-on.ts'
import { readText } from './read-text.ts'
import { incomplete, wishIn } from './refusal.ts'
import type { RelayOutcome } from './types.ts'
import type { UpstreamRequest } from './upstream.ts'

/** The largest answer that is no stream, in bytes. */
const MAX_ANSWER = 67_108_864

/** The headers of an event stream: proxies must neither keep it nor wait for more of it. */
export const STREAM_HEADERS: { readonly [name: string]: string } = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
}

/** @param isAsked whether a stream was asked for: some services send it under the type of a plain text */
export function isEventStream({ headers, body }: Response, isAsked: boolean): boolean {
  const type = headers.get('content-type') ?? ''
  return !!body && (/^text\/event-stream/i.test(type) || (isAsked && /^text\/plain/i.test(type)))
}

/** Ends a request for a reader who has gone. */
export function leave(request: UpstreamRequest): void {
  request.abort(incomplete('left', 'Its reader has left'))
}

/** Makes the body of an answer, which is read by demand and closes the books at its end. */
function accountedBody(
  { close, upstream }: Answering,
  next: () => Promise<Uint8Array | undefined>,
  outcome: () => RelayOutcome,
): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        const bytes = await next()
        if (bytes) return controller.enqueue(bytes)
        controller.close()
        await close(outcome())
      },
      async cancel() {
        leave(upstream)
        // A read that is under way has ended with the request.
        await next().catch(() => {})
        await close('left')
      },
    },
    { highWaterMark: 0 },
  )
}

/** Passes a stream on to the one who asked, as fast as that is read, and ends with its reader. */
export function streamAnswer(answering: Answering, headers: RequestInit['headers'] = {}): Response {
  const { blocks, outcome } = passOn(answering)
  const encoder = new TextEncoder()
  const next = async () => {
    const { value } = await blocks.next()
    return value && encoder.encode(value.join(''))
  }
  return new Response(accountedBody(answering, next, outcome), { headers: { ...STREAM_HEADERS, ...headers } })
}

/** Passes bytes on as they come. What was begun holds its place, and a service that falls silent is ended, as in a stream. */
function readPieces({ close, response, upstream }: Answering) {
  const reader = response.body!.getReader()
  return async () => {
    try {
      return (await upstream.wait(reader.read())).value
    } catch (error) {
      upstream.abort()
      reader.cancel().catch(() => {})
      await close(wishIn(error) ?? 'failed')
      throw error
    }
  }
}

/**
 * Passes on an answer that is no stream: JSON is read for its counts; anything else comes as it is.
 *
 * @param isJson whether it is known to be JSON, whatever its type says
 */
export async function plainAnswer(answering: Answering, isJson: boolean): Promise<Response> {
  const { close, response, upstream, meter } = answering
  const type = response.headers.get('content-type') ?? 'application/json'
  const { status, body } = response
  const init = { status, headers: { 'content-type': type } }
  if (body && !/json|text/i.test(type))
    return new Response(
      accountedBody(answering, readPieces(answering), () => 'complete'),
      init,
    )
  const read = await readText(body, MAX_ANSWER, upstream.wait)
  if (read.bytes > MAX_ANSWER) throw tooLarge()
  const text = meter.takeWhole(read.text, isJson || /json/i.test(type))
  await close(meter.hasFailed ? 'failed' : 'complete')
  return new Response(text, init)
}
