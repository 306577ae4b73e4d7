import { onAbort } from '../internal/abort.ts'
import type { Call, FetchInit } from './policy.ts'

/** One caller's place in a flight. */
export interface Seat<T> {
  readonly result: Promise<T>
  /** Whether the flight began with this caller. */
  readonly isFirst: boolean
  /** To be called when the caller is done with the result. Until then its abort is one of a passenger. */
  readonly leave: () => void
}

interface Flight<T> {
  result?: Promise<T>
  readonly controller: AbortController
  readonly passengers: Set<Passenger>
  /** Lets nobody aboard any more. */
  readonly land: () => void
  /** That of the latest attempt, once it is known: for those who come later. */
  status: number | undefined
}

interface Passenger {
  readonly call: Call | undefined
}

/** The settings of the first passenger's call, and hooks that tell all who are there. */
function hooked<T>(flight: Flight<T>, call: Call): Call {
  const tell = (of: (call: Call) => void) => {
    for (const passenger of flight.passengers) if (passenger.call) of(passenger.call)
  }
  return {
    ...call,
    onAttempt() {
      flight.status = undefined
      tell(({ onAttempt }) => onAttempt?.())
    },
    onHeaders(status) {
      flight.status = status
      tell(({ onHeaders }) => onHeaders?.(status))
    },
    onBytes: () => tell(({ onBytes }) => onBytes?.()),
  }
}

/**
 * Lets callers share work that is under way: those who come with the same name until it settles. Whoever aborts leaves; the work
 * is aborted when the last has left.
 */
export function shareFlights<T>(): (
  name: string,
  init: FetchInit,
  work: (init: FetchInit) => Promise<T>,
) => Seat<T> {
  const flights = new Map<string, Flight<T>>()

  function start(name: string, init: FetchInit, work: (init: FetchInit) => Promise<T>): Flight<T> {
    const { call } = init
    const controller = new AbortController()
    const flight: Flight<T> = { controller, passengers: new Set(), status: undefined, land }
    function land(): void {
      if (flights.get(name) === flight) flights.delete(name)
    }
    flights.set(name, flight)
    flight.result = work({
      ...init,
      signal: controller.signal,
      ...(call && { call: hooked(flight, call) }),
    })
    flight.result.then(land, land)
    return flight
  }

  return (name, init, work) => {
    const { signal, call } = init
    const known = flights.get(name)
    const flight = known ?? start(name, init, work)
    const { passengers, controller, status } = flight
    const passenger: Passenger = { call }
    passengers.add(passenger)
    if (status !== undefined) call?.onHeaders?.(status)
    const stopListening = signal
      ? onAbort(signal, () => {
          passengers.delete(passenger)
          if (passengers.size) return
          // Nobody may come aboard any more.
          flight.land()
          controller.abort(signal.reason)
        })
      : () => {}
    return {
      result: flight.result!,
      isFirst: !known,
      leave() {
        passengers.delete(passenger)
        stopListening()
      },
    }
  }
}
