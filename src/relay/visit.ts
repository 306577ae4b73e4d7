import { Refusal } from './refusal.ts'
import type { Route } from './routes.ts'

/** Keeps a runtime from ending the work of a request with its answer. */
export type KeepAlive = (work: Promise<unknown>) => void

/** What one request brings. */
export interface Visit<User> {
  readonly request: Request
  readonly route: Route
  readonly user: User
  /** The user's name in keys of stores. */
  readonly name: string
  /** Names the log: the user's name and the key, neither with a `:` of its own, so that no two users share one. */
  readonly id: string | undefined
  /** The last event that the reader has. */
  readonly after: number
  readonly requestId: string
  readonly keepAlive: KeepAlive
}

/** Reads the key that names a stream. An `EventSource` cannot set headers, and puts it into the query. */
export function readKey({ headers }: Request, { searchParams }: URL): string | undefined {
  const key = headers.get('idempotency-key') ?? searchParams.get('idempotency-key')
  if (key === null) return undefined
  if (/^[!-~]{1,255}$/.test(key)) return encodeURIComponent(key)
  throw new Refusal(400, 'bad_key', 'The idempotency-key must be of 1 to 255 visible ASCII characters')
}

/** Reads after which event a reader wants to go on. */
export function readAfter({ headers }: Request): number {
  const given = headers.get('last-event-id') || '0'
  if (/^\d{1,9}$/.test(given)) return Number(given)
  throw new Refusal(400, 'bad_event_id', 'The last-event-id must be a number')
}
