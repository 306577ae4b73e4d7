import { routeOf } from '../client/parts.ts'
import type { CallOptions, Client, Operation } from '../client/types.ts'
import { isLLMError } from '../errors/llm-error.ts'
import { type EventStream, openStream } from '../stream/event-stream.ts'
import { inOrder } from '../stream/in-order.ts'
import type { EventReader } from '../stream/sse-reader.ts'
import { LAST, STREAMED } from './rules.ts'
import type { ResponseEvent } from './types.ts'

/** Settings of one call for a stream of a response. */
export interface ResponseStreamOptions extends CallOptions {
  /** Whether a stream whose connection broke goes on by itself; for a response in the background. @default false */
  readonly resumable?: boolean | undefined
}

type StreamOperation = () => Operation<EventReader<ResponseEvent>>

/** How often in a row the rest is asked for, and none comes. Between failed requests it is the `retry` policy that waits. */
const MAX_TRIES = 5

/** Makes the operation that streams a response after an event. */
export function resumeOperation(id: string, after: number | undefined): StreamOperation {
  return () => ({
    ...STREAMED,
    name: 'resumeResponse',
    route: routeOf('GET /responses/{responseId}', [id]),
    query: { stream: true, starting_after: after },
  })
}

/** Whether the connection broke, and the response may go on without it. */
function isBroken(error: unknown): boolean {
  const { name, phase } = Object(error) as { readonly name?: unknown; readonly phase?: unknown }
  return /^(IncompleteStream|Connection|Timeout)Error$/.test(`${name}`) && phase !== 'total'
}

/**
 * Asks for a stream of a response at once. It notes on what it throws how far it has come, and, where it may, goes on after a broken
 * connection. Each event is handed out once, even where a service sends all of them again.
 *
 * @param id of the response, where it is known before its first event
 * @param after the number of the event that the stream begins after
 */
export function openResponseStream(
  client: Client,
  operation: StreamOperation,
  { resumable = false, ...options }: ResponseStreamOptions = {},
  id?: string,
  after?: number,
): EventStream<ResponseEvent> {
  const first = openStream(client, operation, options)
  let stream = first
  /** The number of the last event before the latest request: some services number no events, or all alike. */
  let seen = after
  let partial: object | undefined
  let tries = resumable ? MAX_TRIES : 0

  /** Notes an event. Returns whether it has come before. */
  function isOld(event: ResponseEvent): boolean {
    const { sequenceNumber, response } = event as { sequenceNumber?: number; response?: { id: string } }
    if (sequenceNumber != null && sequenceNumber <= seen! && !LAST.includes(event.type)) return true
    after = sequenceNumber ?? after
    partial = response ?? partial
    id ??= response?.id
    if (tries && sequenceNumber != null) tries = MAX_TRIES
    return false
  }

  function iterate(): AsyncIterator<ResponseEvent, undefined> {
    let events = stream[Symbol.asyncIterator]()
    const next = async (): Promise<IteratorResult<ResponseEvent, undefined>> => {
      for (;;)
        try {
          const result = await events.next()
          if (result.done || !isOld(result.value)) return result
        } catch (error) {
          // Of a service that numbers no events, all would come again.
          const mayGoOn = isBroken(error) && !(partial && after === undefined)
          if (!tries || !id || !mayGoOn || options.signal?.aborted) {
            if (isLLMError(error)) {
              error.partial ??= partial
              if (mayGoOn && after !== undefined) Object.assign(error, { resumeAfter: after })
            }
            throw error
          }
          tries--
          seen = after
          // The key was for the request that began the response.
          stream = openStream(client, resumeOperation(id, after), { ...options, idempotencyKey: undefined })
          events = stream[Symbol.asyncIterator]()
        }
    }
    return { next: inOrder(next), return: async () => events.return!() }
  }

  return {
    get response() {
      return first.response
    },
    abort(reason) {
      tries = 0
      stream.abort(reason)
    },
    [Symbol.asyncIterator]: iterate,
    [Symbol.asyncDispose]: () => stream[Symbol.asyncDispose](),
  }
}
