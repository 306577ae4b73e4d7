import { isWorker } from '../call/is-worker.ts'
import { createLeases, type Lease } from '../call/leases.ts'
import { type FetchPolicy, type PolicyRequest, policy } from '../call/policy.ts'
import { abortWith, linked, reasonOf, sleep, untilAborted } from '../call/signals.ts'
import { startTimer } from '../call/timer.ts'
import { QueueFullError } from '../errors/queue-full-error.ts'
import { TimeoutError } from '../errors/timeout-error.ts'
import { misconfigured } from '../wire/service.ts'

export interface ConcurrencyLimitOptions {
  /** How many requests may be under way: a whole number from 1, or `Infinity`. */
  readonly limit: number
  /** How many more may wait for their turn; one too many gets a `QueueFullError` at once. @default Infinity */
  readonly queue?: number | undefined
}

/** How often a Worker's request looks whether its turn has come, in milliseconds: no other may tell it. */
const LOOK = 20

function deadlinePassed(): TimeoutError {
  return new TimeoutError('The deadline passed before the request was sent', { phase: 'total' })
}

/** Throws for a call that is over before it is sent. */
function refuseLate({ signal, call }: PolicyRequest): void {
  if (signal?.aborted) throw reasonOf(signal)
  if (call?.deadline && call.deadline <= performance.now()) throw deadlinePassed()
}

function isCount(value: number, min: number): boolean {
  return value >= min && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY)
}

/**
 * Limits how many requests are under way at once. A request is under way until its body has ended; others wait for their turn
 * in the order in which they came, for as long as their signal and their deadline allow.
 *
 * Place it inside `retry`, so that a wait between two attempts holds no place. On Cloudflare Workers a place that a request
 * holds comes back within three seconds after its visitor has gone.
 *
 * @throws {ConfigurationError} for a limit or queue that is no such number
 * @example
 * const client = createClient({ apiKey, policies: [retry(), concurrencyLimit({ limit: 10 })] })
 */
export function concurrencyLimit({
  limit,
  queue = Number.POSITIVE_INFINITY,
}: ConcurrencyLimitOptions): FetchPolicy {
  if (!isCount(limit, 1) || !isCount(queue, 0))
    misconfigured('concurrencyLimit: limit must be a whole number from 1, queue one from 0')
  const running = createLeases()
  const waiting = createLeases()
  const wakes = new Map<Lease, () => void>()

  /** Lets the first who waits look again, where there is a place. A Worker's request may only be woken by a timer of its own. */
  function wakeNext(): void {
    const first = running.size() < limit ? waiting.oldest() : undefined
    if (first) wakes.get(first)?.()
  }

  /** Waits for a place, and takes it before anybody else is told of it. */
  async function turn({ signal, call }: PolicyRequest): Promise<Lease> {
    const { controller, unlink } = linked(signal)
    const timer =
      call?.deadline &&
      startTimer(() => abortWith(controller, deadlinePassed()), call.deadline - performance.now())
    const ticket = waiting.take()
    try {
      while (waiting.oldest() !== ticket || running.size() >= limit)
        if (isWorker()) await sleep(LOOK, controller.signal)
        else {
          const woken = new Promise<void>(resolve => wakes.set(ticket, resolve))
          await untilAborted(controller.signal, woken)
        }
      return running.take()
    } finally {
      if (timer) timer.stop()
      unlink()
      wakes.delete(ticket)
      ticket.release()
      wakeNext()
    }
  }

  return policy('concurrencyLimit', async (request, send) => {
    refuseLate(request)
    const isFree = !waiting.size() && running.size() < limit
    if (!isFree && waiting.size() >= queue)
      throw new QueueFullError(`${running.size()} requests are under way and ${waiting.size()} wait`)
    const place = isFree ? running.take() : await turn(request)
    const release = () => {
      place.release()
      wakeNext()
    }
    try {
      // What ended the last one may have ended this one too.
      refuseLate(request)
    } catch (error) {
      release()
      throw error
    }
    return send({ end: release })
  })
}
