import { routeOf } from '../client/parts.ts'
import type { CallOptions, Client, Operation } from '../client/types.ts'
import { createEventStream, type EventStream } from '../stream/event-stream.ts'
import type { EventReader } from '../stream/sse-reader.ts'
import { type Progress, resumingReader } from './resuming-reader.ts'
import { STREAMED } from './rules.ts'
import type { ResponseEvent } from './types.ts'

/** Settings of one call for a stream of a response. */
export interface ResponseStreamOptions extends CallOptions {
  /** Whether a stream whose connection broke goes on by itself; for a response in the background. @default false */
  readonly resumable?: boolean | undefined
}

type StreamOperation = () => Operation<EventReader<ResponseEvent>>

/** Makes the operation that streams a response after an event. */
export function resumeOperation(name: string, id: string, after: number | undefined): StreamOperation {
  return () => ({
    ...STREAMED,
    name,
    route: routeOf('GET /responses/{responseId}', [id]),
    query: { stream: true, starting_after: after },
  })
}

/** Asks for a stream of a response at once. */
export function openResponseStream(
  client: Client,
  operation: StreamOperation,
  { resumable, ...options }: ResponseStreamOptions = {},
  progress: Progress = {},
): EventStream<ResponseEvent> {
  const ask = (operation: StreamOperation, signal: AbortSignal) =>
    client.request(operation, { ...options, signal }).withResponse()
  return createEventStream(async signal => {
    const { data, ...around } = await ask(operation, signal)
    const reopen = async ({ id, after }: Progress, signal: AbortSignal) => {
      // The key was for the request that began the response.
      const { idempotencyKey: _, extraBody: __, ...rest } = options
      const resumed = resumeOperation('resumeResponse', id!, after)
      return client.request(resumed, { ...rest, signal })
    }
    return { ...around, data: resumingReader(data, progress, signal, resumable ? reopen : undefined) }
  }, options.signal)
}
