import type { QuotaStore, RelayQuota } from './quota-store.ts'
import { Refusal } from './refusal.ts'
import { storeTime } from './store-time.ts'
import type { RelayLimits } from './types.ts'

const MINUTE = 60_000
const DAY = 86_400_000

/** How long a place is believed without a renewal, in milliseconds: a process that died must not keep it. */
const PLACE = 30_000

/** What one request has taken of its user's quota. */
export interface Reservation {
  /** Renews the place; to be called in a third of its time. */
  renew(): Promise<unknown>
  /** Puts what was really used in the place of the guess, and gives the place back. */
  settle(tokens: number): Promise<void>
}

function refuse(code: string, message: string, wait: number): never {
  const headers = {
    'retry-after': `${Math.max(1, Math.ceil(wait / 1000))}`,
    // Nobody should wait for midnight with an open page.
    ...(wait > MINUTE && { 'x-should-retry': 'false' }),
  }
  throw new Refusal(429, code, message, { headers })
}

/**
 * Takes a request's share of the quota before it is sent: a place, a request of this minute, the tokens that it may cost. A
 * refusal takes nothing.
 *
 * @throws {Refusal} 429, with the time until there may be more
 */
export type Reserve = (user: string, limits: RelayLimits, tokens: number) => Promise<Reservation>

// A method: whoever spreads a store to change one of its methods has that one called.
async function reserve(
  this: QuotaStore,
  user: string,
  { requestsPerMinute, tokensPerDay, concurrent }: RelayLimits,
  tokens: number,
): Promise<Reservation> {
  const now = Date.now()
  const id = crypto.randomUUID()
  const place = `${user}:open`
  const day = `${user}:tokens:${Math.floor(now / DAY)}`
  const add = (key: string, amount: number, ttl: number) => storeTime(this.add(key, amount, ttl))
  const renew = async () =>
    concurrent === undefined || (await storeTime(this.hold(place, id, concurrent, PLACE)))
  const release = async () => concurrent !== undefined && storeTime(this.release(place, id))
  if (!(await renew())) refuse('too_many_at_once', `${concurrent} requests are being answered already`, 1000)
  const minute = Math.floor(now / MINUTE)
  const count = (requests: number) => add(`${user}:requests:${minute}`, requests, MINUTE)
  try {
    if (requestsPerMinute !== undefined) {
      if ((await count(1)) > requestsPerMinute)
        refuse(
          'too_many_requests',
          `${requestsPerMinute} requests a minute are allowed`,
          (minute + 1) * MINUTE - now,
        )
    }
    if (tokensPerDay !== undefined && (await add(day, tokens, DAY)) > tokensPerDay) {
      await add(day, -tokens, DAY)
      if (requestsPerMinute !== undefined) await count(-1)
      refuse(
        'tokens_used_up',
        `Too few of the ${tokensPerDay} tokens of this day are left`,
        DAY - (now % DAY),
      )
    }
  } catch (error) {
    await release()
    throw error
  }
  return {
    renew,
    settle: async used => {
      await Promise.all([release(), tokensPerDay !== undefined && add(day, used - tokens, DAY)])
    },
  }
}

/**
 * Makes a store of one's own one that a relay takes. Those of this package are already.
 *
 * @example
 * relay({ ...options, quota: quotaStore({ add, hold, release }) })
 */
export function quotaStore<S extends QuotaStore>(store: S): S & RelayQuota {
  return Object.assign(store, { reserve })
}
