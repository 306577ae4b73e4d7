import type { Account } from './account.ts'
import { tooLarge } from './blocks.ts'
import type { Meter } from './meter.ts'
import { type Passing, passOn } from './pass-on.ts'
import { readText } from './read-text.ts'
import { brokenOff } from './refusal.ts'
import type { UpstreamRequest } from './upstream.ts'

/** The largest answer that is no stream, in bytes. */
const MAX_ANSWER = 67_108_864

/** What the answer to one request is made with. */
export interface Answering {
  readonly upstream: UpstreamRequest
  readonly meter: Meter
  readonly account: Account
  readonly response: Response
  readonly upstreamId: string | undefined
  /** How many events a stream may have. */
  readonly maxEvents: number
}

/** The headers of an event stream: proxies must neither keep it nor wait for more of it. */
export const STREAM_HEADERS: { readonly [name: string]: string } = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
}

export function isEventStream({ headers, body }: Response): boolean {
  return !!body && /^text\/event-stream/i.test(headers.get('content-type') ?? '')
}

/** Ends a request for a reader who has gone. */
export function leave(request: UpstreamRequest): void {
  request.abort(brokenOff('left', 'Its reader has left'))
}

export function startPassing({ response, upstream, meter, maxEvents }: Answering): Passing {
  return passOn(response.body!, upstream, meter, maxEvents)
}

/** Passes a stream on to the one who asked, as fast as that is read, and ends with its reader. */
export function streamAnswer(answering: Answering, headers: RequestInit['headers'] = {}): Response {
  const { blocks, outcome } = startPassing(answering)
  const { account, response, upstream, upstreamId } = answering
  const encoder = new TextEncoder()
  const close = () => account.close(response.status, outcome(), upstreamId)
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value } = await blocks.next()
        if (value) return controller.enqueue(encoder.encode(value.join('')))
        controller.close()
        await close()
      },
      async cancel() {
        leave(upstream)
        // A read that is under way has ended with the request.
        await blocks.next()
        await account.close(response.status, 'left', upstreamId)
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { headers: { ...STREAM_HEADERS, ...headers } })
}

/** Passes on an answer that is no stream: JSON once it has been read for its counts, anything else as it comes. */
export async function plainAnswer({
  account,
  response,
  upstream,
  meter,
  upstreamId,
}: Answering): Promise<Response> {
  const type = response.headers.get('content-type') ?? 'application/json'
  const { status, body } = response
  if (!/json/i.test(type)) {
    await account.close(status, 'complete', upstreamId)
    return new Response(body, { status, headers: { 'content-type': type } })
  }
  const read = await readText(body, MAX_ANSWER, upstream.wait)
  if (read.bytes > MAX_ANSWER) throw tooLarge()
  const text = meter.takeWhole(read.text)
  await account.close(status, meter.hasFailed ? 'failed' : 'complete', upstreamId)
  return new Response(text, { status, headers: { 'content-type': type } })
}
