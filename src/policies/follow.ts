import type { PolicyRequest, Send } from '../call/policy.ts'
import type { CallEnd } from '../call/watcher.ts'
import { type Counts, usageOf } from '../wire/usage.ts'

/**
 * What was seen of a call that is over. Texts of the service are as it sent them: `error`, `headers` and `usage` are cleaned before
 * they are reported, and everything else here is reported as it is.
 */
interface SeenCall {
  /** `cancelled`: the caller aborted it, closed the client or left the stream early. */
  readonly outcome: 'complete' | 'failed' | 'cancelled'
  readonly error: unknown
  /** The HTTP status of the last attempt's answer, if there was one. */
  readonly status: number | undefined
  readonly headers: Headers | undefined
  /** How many requests were sent; undefined around another client's `fetch`. */
  readonly attempts: number | undefined
  /** From the call to the end of its body, in milliseconds. */
  readonly ms: number
  /** From the call to a stream's first event, in milliseconds. */
  readonly firstEventMs: number | undefined
  /** How many events of a stream were handed out. */
  readonly events: number | undefined
  readonly usage: Counts | undefined
}

/** Follows one call. None of its members may throw. */
export interface Follower {
  /** A request goes out, the first with number 1. */
  onAttempt?(attempt: number): void
  /** An answer's headers are there. */
  onStatus?(status: number): void
  /** A plain answer's data, or a value of a stream. */
  onValue?(value: unknown): void
  /** The call is over. Told once. */
  onEnd(call: SeenCall): void
}

/** Sends a call on, and tells `follower` of it, at its end too. */
export async function follow(
  { call, signal }: PolicyRequest,
  send: Send,
  follower: Follower,
): Promise<Response> {
  const started = performance.now()
  const stream = call?.stream
  let status: number | undefined
  let attempts = call && 0
  let firstEventMs: number | undefined
  let events = stream ? 0 : undefined
  let usage: Counts | undefined
  let headers: Headers | undefined
  /** The end of a call that has been read before its response is here. */
  let early: CallEnd | undefined

  function settle(end: CallEnd): void {
    const { error } = end
    // A time limit from outside is no wish of the caller's.
    const isWish = signal?.aborted && !Object(error).phase
    const failed = 'error' in end ? !isWish : status! >= 400
    follower.onEnd({
      outcome: end.cancelled || ('error' in end && isWish) ? 'cancelled' : failed ? 'failed' : 'complete',
      error,
      status,
      // Those of an error are of the answer that it was.
      headers: Object(error).headers ?? headers,
      attempts,
      firstEventMs,
      events,
      ms: performance.now() - started,
      usage,
    })
  }

  const response = await send({
    attempt(_, isShared) {
      status = undefined
      if (attempts === undefined || isShared) return
      attempts++
      follower.onAttempt?.(attempts)
    },
    headers(told) {
      status = told
      if (call) follower.onStatus?.(told)
    },
    value(value) {
      if (stream && !events!++) firstEventMs = performance.now() - started
      usage = usageOf(value) ?? usage
      follower.onValue?.(value)
    },
    end(end) {
      if (headers || 'error' in end) settle(end)
      else early = end
    },
  })
  headers = response.headers
  status = response.status
  if (stream) firstEventMs ??= performance.now() - started
  if (early) settle(early)
  return response
}
