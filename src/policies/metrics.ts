import { ignoreErrors } from '../call/ignore-errors.ts'
import { createLeases } from '../call/leases.ts'
import { type FetchPolicy, policy } from '../call/policy.ts'
import { type RateLimits, rateLimits as readRateLimits } from '../wire/rate-limits.ts'
import { askingUsage } from './ask-usage.ts'
import { createHistogram, type Summary } from './histogram.ts'
import { type CallReport, observe } from './observe.ts'

export interface MetricsOptions {
  /** Is given a report of each call when it is over. What it throws is dropped. */
  readonly sink?: ((report: CallReport) => unknown) | undefined
  /** Asks for the usage of chat streams, as `askUsage` does: most services count a stream only then. @default false */
  readonly usage?: boolean | undefined
}

/** What was measured since the policy was made. Times in milliseconds. */
export interface MetricsSnapshot {
  /** Calls that are over, by how they ended, and those in flight. A stream is over when its body is. */
  readonly calls: {
    readonly complete: number
    readonly failed: number
    readonly cancelled: number
    readonly inFlight: number
  }
  /** Failed calls by the class of their error; `HTTP 500` around another client's `fetch`. Those that another try made good are not among them: see `retries`. */
  readonly errors: { readonly [name: string]: number }
  /** Requests sent beyond the first of each call. */
  readonly retries: number
  /** As the services counted. */
  readonly tokens: { readonly prompt: number; readonly completion: number }
  /** Complete streams of which no service counted the tokens: see {@link MetricsOptions.usage}. Some, of audio say, have none. */
  readonly uncountedStreams: number
  /** Events of streams that were handed out. */
  readonly events: number
  /** From the call to the end of its body, of calls that are complete. */
  readonly latency: Summary
  /** From the call to a stream's first event. */
  readonly firstEvent: Summary
  /** Of streams that are complete, from the first event on. */
  readonly eventsPerSecond: Summary
  /** The limits in the latest answer that has any. */
  readonly rateLimits: RateLimits
}

/** A policy whose measures can be read. */
export interface Metrics extends FetchPolicy {
  snapshot(): MetricsSnapshot
}

/**
 * Counts and times calls, each when its body is at its end. Percentiles are at most 2 % off, in memory that does not grow.
 *
 * Place it outermost, where it sees a call as the caller does; inside `retry` it measures each attempt. Around another client's
 * `fetch` it knows ends and times, but no attempts, events and tokens, as it does not read what is in a body; and an answer whose body
 * nobody reads stays in flight.
 *
 * @example
 * const measured = metrics()
 * const client = createClient({ apiKey, policies: [measured, retry()] })
 * console.log(measured.snapshot())
 */
export function metrics({ sink, usage }: MetricsOptions = {}): Metrics {
  const calls = { complete: 0, failed: 0, cancelled: 0 }
  const inFlight = createLeases()
  const errors = new Map<string, number>()
  const tokens = { prompt: 0, completion: 0 }
  let uncountedStreams = 0
  const latency = createHistogram()
  const firstEvent = createHistogram()
  const eventsPerSecond = createHistogram()
  let retries = 0
  let events = 0
  let rateLimits: RateLimits = {}

  function add(report: CallReport): void {
    const { outcome, ms, firstEventMs } = report
    calls[outcome]++
    if (outcome === 'failed') {
      const name = report.error ?? `HTTP ${report.status}`
      errors.set(name, (errors.get(name) ?? 0) + 1)
    }
    // An answer from the cache has the tokens of the call that it was made for.
    if (report.attempts !== 0) {
      tokens.prompt += report.promptTokens ?? 0
      tokens.completion += report.completionTokens ?? 0
      if (outcome === 'complete' && report.events !== undefined && !report.usage) uncountedStreams++
    }
    if (outcome === 'complete') latency.record(ms)
    if (firstEventMs === undefined) return
    firstEvent.record(firstEventMs)
    // The first event begins the time that is measured.
    if (outcome === 'complete' && report.events! > 1 && ms > firstEventMs)
      eventsPerSecond.record(((report.events! - 1) / (ms - firstEventMs)) * 1000)
  }

  const measured = policy('metrics', (request, send) => {
    const lease = inFlight.take()
    const isStream = request.call?.stream
    return observe(request, send, {
      wantsModel: !!sink,
      onAttempt(attempt) {
        if (attempt > 1) retries++
      },
      onValue() {
        if (isStream) events++
      },
      onEnd(report, headers) {
        lease.release()
        add(report)
        const limits = headers && readRateLimits(headers)
        if (limits?.requests || limits?.tokens) rateLimits = limits
        if (sink) ignoreErrors(() => sink(report))
      },
    })
  })

  const asking = usage ? askingUsage(measured) : measured
  return Object.assign(asking, {
    snapshot(): MetricsSnapshot {
      return {
        calls: { ...calls, inFlight: inFlight.size() },
        errors: Object.fromEntries(errors),
        retries,
        tokens: { ...tokens },
        uncountedStreams,
        events,
        latency: latency.summary(),
        firstEvent: firstEvent.summary(),
        eventsPerSecond: eventsPerSecond.summary(),
        rateLimits,
      }
    },
  })
}
