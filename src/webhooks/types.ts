import type { Other } from '../client/shapes.ts'

interface EventOf<Type extends string, Data> {
  readonly id: string
  readonly object?: 'event'
  readonly type: Type
  /** When it happened, in seconds since 1970. */
  readonly createdAt: number
  readonly data: Data & { readonly [name: string]: unknown }
}

/** The id of what an event is about: a response, a batch, a run, a job. */
interface Named {
  readonly id: string
}

/** A call over SIP that waits to be accepted or rejected. */
interface Incoming {
  readonly sipHeaders: readonly { readonly name: string; readonly value: string }[]
}

/** An event that the service sends to a webhook; its `type` says which. */
export type WebhookEvent =
  | EventOf<'batch.cancelled', Named>
  | EventOf<'batch.completed', Named>
  | EventOf<'batch.expired', Named>
  | EventOf<'batch.failed', Named>
  | EventOf<'eval.run.canceled', Named>
  | EventOf<'eval.run.failed', Named>
  | EventOf<'eval.run.succeeded', Named>
  | EventOf<'fine_tuning.job.cancelled', Named>
  | EventOf<'fine_tuning.job.failed', Named>
  | EventOf<'fine_tuning.job.succeeded', Named>
  | EventOf<'live.call.incoming', Incoming & { readonly sessionId: string }>
  | EventOf<'realtime.call.incoming', Incoming & { readonly callId: string }>
  | EventOf<'response.cancelled', Named>
  | EventOf<'response.completed', Named>
  | EventOf<'response.failed', Named>
  | EventOf<'response.incomplete', Named>
  | Other
