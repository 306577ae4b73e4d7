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
  readonly started: number
}

/** Keeps the books of one request. */
export interface Account {
  /** Settles once the books are closed. */
  readonly closed: Promise<void>
  /** Closes them, once: later calls change nothing. */
  close(status: number, outcome: RelayOutcome, upstreamId?: string | null): Promise<void>
}

/** What a guess makes of a request: some languages need a token for three bytes. */
export function guessTokens(bytes: number): number {
  return Math.ceil(bytes / 3)
}

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
      const { user, path, model, requestId, inputTokens, started } = asked
      const { usage, events } = meter
      const counted = totalOf(usage)
      const tokens = counted ?? (outcome === 'refused' ? 0 : inputTokens + events)
      await reservation?.settle(tokens).catch(tell.onError)
      try {
        await tell.onUse?.({
          user,
          path,
          model,
          status,
          outcome,
          tokens,
          estimated: counted === undefined,
          usage,
          requestId,
          upstreamId: upstreamId ?? undefined,
          ms: performance.now() - started,
        })
      } catch (error) {
        tell.onError(error)
      }
      resolve()
    },
  }
}
