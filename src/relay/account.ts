import { type Meter, totalOf } from './meter.ts'
import type { Reservation } from './reserve.ts'
import type { RelayOutcome, RelayUse, RelayUser } from './types.ts'

/** What is known of a request before its answer. */
export interface Asked<User extends RelayUser> {
  readonly user: User
  readonly path: string
  readonly model: string
  readonly requestId: string
  /** Tokens that the request itself may cost, guessed from its bytes. */
  readonly inputTokens: number
  /** The most that its answer may cost. */
  readonly outputTokens: number
  readonly started: number
}

/** Keeps the books of one request. */
export interface Account {
  /** Settles once the books are closed. */
  readonly closed: Promise<void>
  /** Closes them, once: later calls change nothing. */
  close(status: number, outcome: RelayOutcome, upstreamId?: string): Promise<void>
}

/** What a service makes in a millisecond, or nearly so. Some think for minutes before they say a word. */
const TOKENS_A_MS = 0.1

/** Opens the books of a request: its share of the quota is settled, and `onUse` told, when its answer is over. */
export function openAccount<User extends RelayUser>(
  asked: Asked<User>,
  reservation: Reservation | undefined,
  meter: Meter,
  tell: {
    readonly onUse?: ((use: RelayUse<User>) => unknown) | undefined
    readonly onError: (error: unknown) => unknown
  },
  onClose: () => void,
): Account {
  let isClosed = false
  let resolve: () => void
  const closed = new Promise<void>(done => {
    resolve = done
  })
  return {
    closed,
    async close(status, outcome, upstreamId) {
      if (isClosed) return
      isClosed = true
      onClose()
      const { inputTokens, outputTokens, started, ...known } = asked
      const { usage, events } = meter
      const ms = performance.now() - started
      const counted = totalOf(usage)
      // An answer that is left or stopped before it is told has been made all the same.
      const isUntold = outcome === 'left' || outcome === 'stopped'
      const untold = isUntold ? Math.min(outputTokens, Math.ceil(ms * TOKENS_A_MS)) : 0
      const tokens = counted ?? (outcome === 'refused' ? 0 : inputTokens + Math.max(events, untold))
      await reservation?.settle(tokens).catch(tell.onError)
      try {
        await tell.onUse?.({
          ...known,
          status,
          outcome,
          tokens,
          estimated: counted === undefined,
          usage,
          upstreamId,
          ms,
        })
      } catch (error) {
        tell.onError(error)
      }
      resolve()
    },
  }
}
