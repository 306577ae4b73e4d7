import { onAbort } from '../internal/abort.ts'
import { isWorker } from '../internal/is-worker.ts'
import type { Call, FetchInit } from './policy.ts'

/** One caller's place in a flight. */
export interface Seat<T> {
  readonly result: Promise<T>
  /** Whether the flight began with this caller. */
  readonly isFirst: boolean
  /** To be called when the caller is done with the result: its abort counts until then. */
  readonly leave: () => void
}

type Hooks = Partial<Pick<Call, 'onAttempt' | 'onHeaders' | 'onBytes'>>

interface Flight<T> {
  readonly result: Promise<T>
  readonly controller: AbortController
  /** The hooks of each who is there. */
  readonly passengers: Set<Hooks>
  /** Of the latest attempt's answer, once its headers are there. */
  status?: number | undefined
  /** Lets nobody aboard any more. */
  readonly close: () => void
}

/**
 * Lets callers share what is under way under a name. Whoever aborts leaves it; the work is aborted when the last has left. Its
 * settings are those of the first caller's call, its hooks tell everybody. On Cloudflare Workers each flies alone.
 */
export function shareFlights<T>(): (
  name: string,
  init: FetchInit,
  work: (init: FetchInit) => Promise<T>,
) => Seat<T> {
  const flights = new Map<string, Flight<T>>()

  function start(name: string, init: FetchInit, work: (init: FetchInit) => Promise<T>): Flight<T> {
    const controller = new AbortController()
    const passengers = new Set<Hooks>()
    const tell = (of: (hooks: Hooks) => void) => {
      for (const hooks of passengers) of(hooks)
    }
    const call = init.call && {
      ...init.call,
      onAttempt() {
        flight.status = undefined
        tell(({ onAttempt }) => onAttempt?.())
      },
      onHeaders(status: number) {
        flight.status = status
        tell(({ onHeaders }) => onHeaders?.(status))
      },
      onBytes: () => tell(({ onBytes }) => onBytes?.()),
    }
    const close = () => {
      if (flights.get(name) === flight) flights.delete(name)
    }
    // Once the first is aboard: the request may go out at once.
    const result = Promise.resolve().then(() =>
      work({ ...init, signal: controller.signal, ...(call && { call }) }),
    )
    const flight: Flight<T> = { result, controller, passengers, close }
    flights.set(name, flight)
    result.then(close, close)
    return flight
  }

  return (name, init, work) => {
    const { signal, call } = init
    const known = isWorker() ? undefined : flights.get(name)
    const { result, controller, passengers, close, status } = known ?? start(name, init, work)
    const hooks: Hooks = { ...call }
    passengers.add(hooks)
    if (status) hooks.onHeaders?.(status)
    const stopListening = signal
      ? onAbort(signal, () => {
          passengers.delete(hooks)
          if (passengers.size) return
          close()
          controller.abort(signal.reason)
        })
      : () => {}
    return {
      result,
      isFirst: !known,
      leave() {
        passengers.delete(hooks)
        stopListening()
      },
    }
  }
}
