import { ConfigurationError } from '../errors/configuration-error.ts'
import { TimeoutError, type TimeoutPhase } from '../errors/timeout-error.ts'
import { invalid } from '../errors/validation-error.ts'
import { abortable, onAbort } from '../internal/abort.ts'
import type { Call, FetchInit, FetchPolicy, Policy, TimeoutLimits } from './policy.ts'
import { signalOf } from './signal-of.ts'
import { MAX_TIMEOUT, startTimer } from './start-timer.ts'
import { watchBody } from './watch-body.ts'

const PHASES = ['headers', 'firstEvent', 'idle', 'total'] as const

/** The limits that are given: one for the three phases of an attempt, or each by itself. `refuse` gets the name of a bad one. */
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

/** What this policy enforces of a call, and what it leaves to the policies inside it. */
function shareLimits(
  own: TimeoutLimits,
  leavesPhases: boolean,
  call: Call | undefined,
): { limits: TimeoutLimits; left: TimeoutLimits | undefined } {
  if (call?.timeout == null) return { limits: own, left: undefined }
  const asked = readLimits(call.timeout, name => {
    throw invalid([{ path: name, message: 'must be a number of milliseconds from 0 (off) to 2147483647' }])
  })
  if (!leavesPhases) return { limits: { ...own, ...asked }, left: undefined }
  const { total = own.total, ...phases } = asked
  return { limits: { ...own, total }, left: Object.keys(phases).length ? phases : undefined }
}

/** One call's clock. Phases follow each other; the total runs beside them. */
class Clock {
  readonly #limits: TimeoutLimits
  readonly #expire: (error: TimeoutError) => void
  readonly #total: ReturnType<typeof setTimeout> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #waitingSince: number | undefined

  constructor(limits: TimeoutLimits, expire: (error: TimeoutError) => void) {
    this.#limits = limits
    this.#expire = expire
    if (limits.total) this.#total = startTimer(() => this.#fail('total'), limits.total)
  }

  /** Begins a phase that a single event ends, or the one in which bytes are waited for. */
  enter(phase: 'headers' | 'firstEvent' | 'idle'): void {
    this.pause()
    const limit = this.#limits[phase]
    if (phase === 'idle') this.wait()
    else if (limit) this.#timer = startTimer(() => this.#fail(phase), limit)
  }

  /** Ends the phase; the total runs on. */
  pause(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#waitingSince = undefined
  }

  /**
   * Begins a wait for bytes. Its timer is not set anew for each: one that goes off early looks at how long the wait has been.
   */
  wait(): void {
    this.#waitingSince = performance.now()
    if (!this.#timer && this.#limits.idle) this.#watchIdle(this.#limits.idle)
  }

  /** Ends a wait for bytes. */
  bytes(): void {
    this.#waitingSince = undefined
  }

  stop(): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#total)
  }

  #watchIdle(ms: number): void {
    this.#timer = startTimer(() => {
      this.#timer = undefined
      if (this.#waitingSince === undefined) return
      const left = this.#waitingSince + this.#limits.idle! - performance.now()
      if (left > 0) this.#watchIdle(Math.ceil(left))
      else this.#fail('idle')
    }, ms)
  }

  #fail(phase: TimeoutPhase): void {
    const retryable = phase === 'headers' || phase === 'firstEvent'
    this.#expire(new TimeoutError(`${phase} took over ${this.#limits[phase]} ms`, { phase, retryable }))
  }
}

/**
 * Limits the time of a call. Its place decides what it spans: inside `retry` each attempt, around it all of them and the waits
 * between. A call's own `timeout` takes the place of these limits.
 *
 * @param limits in milliseconds, 0 is off; a number stands for `headers`, `firstEvent` and `idle`. @default all off
 * @throws {ConfigurationError} for a limit that is not a number from 0 to 2147483647
 */
export function timeout(limits: number | TimeoutLimits = {}): FetchPolicy {
  const own = readLimits(limits, name => {
    throw new ConfigurationError(`${name} must be a number of milliseconds from 0 (off) to 2147483647`)
  })
  // One that is given a deadline only, be it 0, stands around others, which see to the phases.
  const leavesPhases =
    typeof limits === 'object' && 'total' in limits && !own.headers && !own.firstEvent && !own.idle
  const policy: Policy = next =>
    async function timeoutFetch(url, init = {}) {
      const { call } = init
      const signal = signalOf(url, init)
      const { limits, left } = shareLimits(own, leavesPhases, call)
      const controller = new AbortController()
      const stopListening = signal ? onAbort(signal, () => controller.abort(signal.reason)) : () => {}
      const clock = new Clock(limits, error => controller.abort(error))
      const stop = () => {
        clock.stop()
        stopListening()
      }
      const timedCall: Call | undefined = call && {
        ...call,
        timeout: left,
        deadline: limits.total
          ? Math.min(call.deadline ?? Infinity, performance.now() + limits.total)
          : call.deadline,
        onAttempt() {
          clock.enter('headers')
          call.onAttempt?.()
        },
        onHeaders(status) {
          // An error is known by its headers, and what follows it is another attempt.
          if (status >= 400) clock.pause()
          else clock.enter(call.stream && limits.firstEvent ? 'firstEvent' : 'idle')
          call.onHeaders?.(status)
        },
        onBytes() {
          // Until a stream's first event is there, only that is waited for.
          if (!call.stream || !limits.firstEvent) clock.wait()
          call.onBytes?.()
        },
      }
      const timed: FetchInit = { ...init, signal: controller.signal, ...(timedCall && { call: timedCall }) }
      clock.enter('headers')
      try {
        const response = await abortable(controller.signal, next(url, timed))
        // A stream that nobody reads times out as well.
        clock.enter('idle')
        return watchBody(response, {
          onWait: () => clock.wait(),
          onBytes: () => clock.bytes(),
          onEnd: stop,
        })
      } catch (error) {
        stop()
        throw controller.signal.aborted ? controller.signal.reason : error
      }
    }
  return policy as FetchPolicy
}
