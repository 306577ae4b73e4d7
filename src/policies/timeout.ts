import { type Call, type FetchPolicy, policy, type TimeoutLimits } from '../call/policy.ts'
import { abortWith, linked, reasonOf, untilAborted } from '../call/signals.ts'
import { MAX_TIMEOUT, startTimer, type Timer } from '../call/timer.ts'
import { TimeoutError, type TimeoutPhase } from '../errors/timeout-error.ts'
import { refuse } from '../errors/validation-error.ts'
import { misconfigured } from '../wire/service.ts'

const PHASES = ['headers', 'firstEvent', 'idle', 'total'] as const

const RANGE = 'must be a number of milliseconds from 0 (off) to 2147483647'

/** Reads the limits that are given: one for the three phases of an attempt, or each by itself. `refuse` gets the name of a bad one. */
function readLimits(timeout: number | TimeoutLimits, refuse: (name: string) => never): TimeoutLimits {
  const limits =
    typeof timeout === 'object' ? timeout : { headers: timeout, firstEvent: timeout, idle: timeout }
  const given: { [phase in TimeoutPhase]?: number } = {}
  for (const phase of PHASES) {
    const limit = limits[phase]
    if (limit === undefined) continue
    if (!(typeof limit === 'number' && limit >= 0 && limit <= MAX_TIMEOUT)) refuse(`timeout.${phase}`)
    given[phase] = limit
  }
  return given
}

/** Splits the limits of a call: what this policy enforces, and what it leaves to the policies inside it. */
function shareLimits(
  own: TimeoutLimits,
  leavesPhases: boolean,
  call: Call | undefined,
): { limits: TimeoutLimits; left: TimeoutLimits | undefined } {
  if (call?.timeout == null) return { limits: own, left: undefined }
  const asked = readLimits(call.timeout, path => refuse(path, RANGE))
  if (!leavesPhases) return { limits: { ...own, ...asked }, left: undefined }
  const { total = own.total, ...phases } = asked
  return { limits: { ...own, total }, left: Object.keys(phases).length ? phases : undefined }
}

/** One call's clock. Phases follow each other; the total runs beside them. */
interface Clock {
  /** Begins a phase that a single event ends, or the one in which bytes are waited for. */
  enter(phase: 'headers' | 'firstEvent' | 'idle'): void
  /** Ends the phase; the total runs on. */
  pause(): void
  /** Begins a wait for bytes, unless a first event is waited for. */
  wait(): void
  /** Ends a wait for bytes. */
  bytes(): void
  stop(): void
}

function createClock(limits: TimeoutLimits, expire: (error: TimeoutError) => void): Clock {
  let phase: 'headers' | 'firstEvent' | 'idle' = 'headers'
  /** When the wait began that the phase limits. */
  let since: number | undefined
  let timer: Timer | undefined
  let due = 0
  let isOver = false
  const total = limits.total ? startTimer(() => fail('total'), limits.total) : undefined

  function fail(passed: TimeoutPhase): void {
    const retryable = passed === 'headers' || passed === 'firstEvent'
    expire(new TimeoutError(`${passed} took over ${limits[passed]} ms`, { phase: passed, retryable }))
  }

  /** A timer is not set anew for each wait: one that goes off early looks at how long the wait has been. */
  function watch(): void {
    const limit = limits[phase]
    if (since === undefined || !limit) return
    const end = since + limit
    if (timer && due <= end) timer.hold(true)
    else {
      timer?.stop()
      due = end
      timer = startTimer(look, Math.ceil(end - performance.now()))
    }
  }

  function look(): void {
    timer = undefined
    const limit = limits[phase]
    if (since === undefined || !limit) return
    if (performance.now() < since + limit) watch()
    else fail(phase)
  }

  function begin(): void {
    if (isOver) return
    since = performance.now()
    total?.hold(true)
    watch()
  }

  /** What nobody waits for must not keep a process alive. */
  function pause(): void {
    since = undefined
    timer?.hold(false)
    total?.hold(false)
  }

  return {
    pause,
    enter(next) {
      phase = next
      begin()
    },
    wait() {
      if (phase === 'idle') begin()
    },
    bytes() {
      if (phase === 'idle') pause()
    },
    stop() {
      isOver = true
      timer?.stop()
      total?.stop()
    },
  }
}

/**
 * Limits the time of a call. Its place decides what it spans: inside `retry` each attempt, around it all of them and the waits
 * between. A call's own `timeout` takes the place of these limits.
 *
 * @param limits in milliseconds, 0 is off; a number stands for `headers`, `firstEvent` and `idle`. @default all off
 * @throws {ConfigurationError} for a limit that is not a number from 0 to 2147483647
 * @example
 * const client = createClient({ apiKey, policies: [retry(), timeout({ headers: 30_000, idle: 60_000 })] })
 */
export function timeout(limits: number | TimeoutLimits = {}): FetchPolicy {
  const own = readLimits(limits, name => {
    misconfigured(`${name} ${RANGE}`)
  })
  // One that is given a deadline only, be it 0, stands around others, which see to the phases.
  const leavesPhases =
    typeof limits === 'object' && 'total' in limits && !own.headers && !own.firstEvent && !own.idle
  return policy('timeout', async ({ signal, call }, send) => {
    const { limits, left } = shareLimits(own, leavesPhases, call)
    const { controller, unlink } = linked(signal)
    const clock = createClock(limits, error => abortWith(controller, error))
    const firstEvent = call?.stream && limits.firstEvent
    const deadline = limits.total
      ? Math.min(call?.deadline ?? Number.POSITIVE_INFINITY, performance.now() + limits.total)
      : call?.deadline
    clock.enter('headers')
    const watcher = {
      attempt: () => clock.enter('headers'),
      headers(status: number) {
        // An error is known by its headers, and what follows it is another attempt.
        if (call && status >= 400) clock.pause()
        else clock.enter(firstEvent ? 'firstEvent' : 'idle')
      },
      wait: clock.wait,
      bytes: clock.bytes,
      end() {
        clock.stop()
        unlink()
      },
    }
    const inner = call && { ...call, timeout: left, deadline }
    try {
      const sent = send(watcher, { signal: controller.signal, ...(inner && { call: inner }) })
      const response = await untilAborted(controller.signal, sent)
      // A stream that nobody reads times out as well.
      clock.enter('idle')
      return response
    } catch (error) {
      watcher.end()
      throw controller.signal.aborted ? reasonOf(controller.signal) : error
    }
  })
}
