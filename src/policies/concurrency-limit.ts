import { ConfigurationError } from '../errors/configuration-error.ts'
import { QueueFullError } from '../errors/queue-full-error.ts'
import { TimeoutError } from '../errors/timeout-error.ts'
import { onAbort } from '../internal/abort.ts'
import type { FetchInit, FetchPolicy, Policy } from './policy.ts'
import { MAX_TIMEOUT, startTimer } from './start-timer.ts'
import { watchBody } from './watch-body.ts'

export interface ConcurrencyLimitOptions {
  /** How many requests may be under way: a whole number from 1, or `Infinity`. */
  readonly limit: number
  /** How many more may wait for their turn; one too many gets a `QueueFullError` at once. @default Infinity */
  readonly queue?: number | undefined
}

/** A place in the queue, which is a ring of them: one can be left from anywhere at the same cost. */
interface Place {
  before: Place
  after: Place
  /** Absent on the one that stands between the last and the first, and on those that have left. */
  start?: (() => void) | undefined
}

function deadlinePassed(): TimeoutError {
  return new TimeoutError('The deadline passed before the request was sent', { phase: 'total' })
}

/** Throws for a call that is over before it is sent. */
function refuseLate({ signal, call }: FetchInit): void {
  if (signal?.aborted) throw signal.reason
  if (call?.deadline && call.deadline <= performance.now()) throw deadlinePassed()
}

/** Calls back at the deadline. */
function atDeadline(deadline: number, callback: () => void): ReturnType<typeof setTimeout> {
  return startTimer(callback, Math.min(deadline - performance.now(), MAX_TIMEOUT))
}

function isCount(value: number, min: number): boolean {
  return value >= min && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY)
}

/**
 * Limits how many requests are under way at once; the others wait, first come, first served. A request is under way until its
 * body ends, fails or is cancelled. One that waits leaves the queue as soon as it is aborted or its deadline passes.
 *
 * Inside `retry` each attempt takes its own turn, and a wait between two attempts holds no place.
 *
 * A request made while the body of another is being read needs a second place. With `limit: 1` it waits for itself: read the
 * body to its end before, or set a deadline (`timeout` with `total`), which ends the wait with a `TimeoutError`.
 *
 * @throws {ConfigurationError} for numbers out of range
 */
export function concurrencyLimit({
  limit,
  queue = Number.POSITIVE_INFINITY,
}: ConcurrencyLimitOptions): FetchPolicy {
  if (!isCount(limit, 1) || !isCount(queue, 0))
    throw new ConfigurationError('concurrencyLimit: limit must be a whole number from 1, queue one from 0')
  const ring = {} as Place
  ring.before = ring.after = ring
  let running = 0
  let waiting = 0

  async function turn({ signal, call }: FetchInit): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined
    let stopListening: (() => void) | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        const leave = (settle: () => void) => {
          if (!place.start) return
          place.start = undefined
          place.before.after = place.after
          place.after.before = place.before
          waiting--
          settle()
        }
        const place: Place = { before: ring.before, after: ring, start: () => leave(resolve) }
        ring.before = ring.before.after = place
        waiting++
        const refuse = (error: unknown) => leave(() => reject(error))
        if (call?.deadline) timer = atDeadline(call.deadline, () => refuse(deadlinePassed()))
        if (signal) stopListening = onAbort(signal, () => refuse(signal.reason))
      })
    } finally {
      // Not by who gives way: on Workers, a timer can only be stopped by the request that it belongs to.
      clearTimeout(timer)
      stopListening?.()
    }
  }

  /** Passes a place on, or frees it. */
  function release(): void {
    if (ring.after.start) ring.after.start()
    else running--
  }

  const policy: Policy = next =>
    async function limitedFetch(url, init = {}) {
      refuseLate(init)
      if (running < limit) running++
      else if (waiting < queue) await turn(init)
      else throw new QueueFullError(`${running} requests are under way and ${waiting} wait`)
      let held = true
      const onEnd = () => {
        if (held) release()
        held = false
      }
      try {
        // What ended the last one may have ended this one too.
        refuseLate(init)
        return watchBody(await next(url, init), { onEnd })
      } catch (error) {
        onEnd()
        throw error
      }
    }
  return policy as FetchPolicy
}
