import { ignoreErrors } from '../call/ignore-errors.ts'
import { originOf } from '../call/origin-of.ts'
import { type FetchPolicy, type PolicyRequest, policy } from '../call/policy.ts'
import { CircuitOpenError } from '../errors/circuit-open-error.ts'
import { misconfigured } from '../wire/service.ts'
import { isOutage } from './is-outage.ts'

/** Whether requests go out: all, none, or one at a time to see whether the service is back. */
export type CircuitState = 'closed' | 'open' | 'half-open'

/** A circuit that changed by itself. Circuits of one origin with different keys cannot be told apart here. */
export interface CircuitChange {
  /** `'https://api.openai.com'` */
  readonly origin: string
  readonly from: CircuitState
  readonly to: CircuitState
}

export interface CircuitBreakerOptions {
  /** How many failures in a row open a circuit. @default 5 */
  readonly failureThreshold?: number | undefined
  /** How many probes must succeed in a row to close it again. @default 2 */
  readonly successThreshold?: number | undefined
  /**
   * How long it stays open, in milliseconds; then one probe goes out. A probe that is not over after this time does not keep
   * the next one back. @default 60_000
   */
  readonly timeout?: number | undefined
  /** Told of each change, after it. What it throws is dropped. */
  readonly onStateChange?: ((change: CircuitChange) => void) | undefined
}

/** A policy whose state can be read and set. */
export interface CircuitBreaker extends FetchPolicy {
  /**
   * The state of a service's circuit, by any URL of it; without one, the worst of all. A circuit whose time is up is `open` until
   * the next call makes it `half-open`.
   */
  state(url?: string): CircuitState
  /** Refuses all calls until {@link CircuitBreaker.reset}. */
  isolate(): void
  /** Closes all circuits. Calls under way count no more. */
  reset(): void
}

/** Times on the clock of `performance.now()`. A call counts only for the very state that it began in. */
type Circuit =
  | { readonly kind: 'closed'; failures: number }
  | { readonly kind: 'open'; readonly until: number }
  /** `until` is when the probe under way gives up its place; 0 where there is none. */
  | { readonly kind: 'half-open'; successes: number; until: number }

const MAX_CIRCUITS = 256

/** The name of a request's circuit. It may hold a key, so it stays in here. */
function nameOf({ url, headers }: PolicyRequest): string {
  return `${originOf(url)} ${new Headers(headers).get('authorization')}`
}

/**
 * Refuses calls at once, with a {@link CircuitOpenError}, while a service is down, and lets single probes find out when it is
 * back. Each origin and `authorization` has its circuit; the latest 256 are kept. Clients do not show policies their keys: for
 * those of different keys, make a breaker each.
 *
 * Failed connections, time limits, 5xx and cut streams count, at the end of the body; a whole answer ends the row. Any other
 * refusal (a 4xx may come from a gateway in front of the dead service), the caller's abort and a stream left early say nothing
 * either way. Place it inside `retry`, where it sees each attempt; a refusal is not retried.
 *
 * @throws {ConfigurationError} for thresholds that are not whole numbers from 1, or a `timeout` that is not above 0
 * @example
 * const client = createClient({ apiKey, policies: [retry(), circuitBreaker({ failureThreshold: 3 })] })
 */
export function circuitBreaker(options: CircuitBreakerOptions = {}): CircuitBreaker {
  const { failureThreshold = 5, successThreshold = 2, timeout = 60_000, onStateChange } = options
  const isCount = (value: number) => Number.isInteger(value) && value > 0
  if (!isCount(failureThreshold) || !isCount(successThreshold) || !(timeout > 0 && Number.isFinite(timeout)))
    misconfigured('circuitBreaker: thresholds must be integers from 1, timeout above 0')
  const circuits = new Map<string, Circuit>()
  let isolated = false

  /** Stores the circuit and makes it the most recently used. */
  function keep(name: string, circuit: Circuit): void {
    const from = circuits.get(name)?.kind ?? 'closed'
    circuits.delete(name)
    circuits.set(name, circuit)
    if (circuits.size > MAX_CIRCUITS) circuits.delete(circuits.keys().next().value!)
    // Most changes come where a body ends: nobody there could handle an error.
    if (from !== circuit.kind)
      ignoreErrors(() => onStateChange?.({ origin: name.split(' ', 1)[0]!, from, to: circuit.kind }))
  }

  function open(name: string): void {
    keep(name, { kind: 'open', until: performance.now() + timeout })
  }

  /** The circuit that a call may go through; `lease` is for a probe. */
  function enter(name: string, now: number, lease: number): Circuit {
    const circuit = circuits.get(name) ?? { kind: 'closed', failures: 0 }
    const until = isolated ? Number.POSITIVE_INFINITY : circuit.kind === 'closed' ? 0 : circuit.until
    if (now < until) throw new CircuitOpenError('The circuit is open', { retryAt: Date.now() + until - now })
    if (circuit.kind === 'open') return { kind: 'half-open', successes: 0, until: lease }
    if (circuit.kind === 'half-open') circuit.until = lease
    return circuit
  }

  /** Begins a call, or refuses it. What is returned is told how it went; undefined says nothing. */
  function begin(name: string): (passed: boolean | undefined) => void {
    const now = performance.now()
    const lease = now + timeout
    const circuit = enter(name, now, lease)
    keep(name, circuit)
    let over = false
    return passed => {
      // What began before the last change tells of a time that is past.
      if (over || circuits.get(name) !== circuit) return
      over = true
      if (circuit.kind === 'closed') {
        if (passed) circuit.failures = 0
        if (passed === false && ++circuit.failures >= failureThreshold) open(name)
      } else if (circuit.kind === 'half-open') {
        if (circuit.until === lease) circuit.until = 0
        if (passed && ++circuit.successes >= successThreshold) keep(name, { kind: 'closed', failures: 0 })
        if (passed === false) open(name)
      }
    }
  }

  const guarded = policy('circuitBreaker', (request, send) => {
    const settle = begin(nameOf(request))
    // Not the request itself: a prompt may be large, and a stream long.
    const { call, signal } = request
    let status = 200
    return send({
      headers(given) {
        status = given
        // Around another client's fetch: an error is known by its headers, and nobody may read its body.
        if (!call && status >= 400) settle(status >= 500 ? false : undefined)
      },
      end(end) {
        if ('error' in end) settle(isOutage(end.error, { call, signal }) ? false : undefined)
        else settle(end.cancelled ? undefined : true)
      },
    })
  })

  function reset(): void {
    isolated = false
    circuits.clear()
  }

  return Object.assign(guarded, {
    state(url?: string): CircuitState {
      const start = url === undefined ? '' : `${originOf(url)} `
      const kinds = [...circuits].map(([name, { kind }]) => name.startsWith(start) && kind)
      if (isolated || kinds.includes('open')) return 'open'
      return kinds.includes('half-open') ? 'half-open' : 'closed'
    },
    isolate() {
      reset()
      isolated = true
    },
    reset,
  })
}
