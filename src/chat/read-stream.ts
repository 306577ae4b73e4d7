import { refuseFailure } from '../client/attempt.ts'
import { createEventStream, type EventStream } from '../stream/event-stream.ts'
import { openEvents } from '../stream/sse-reader.ts'
import { requestIdOf } from '../wire/api-failure.ts'
import { chatReader } from './reader.ts'
import type { ChatCompletionChunk } from './types.ts'

/**
 * Reads the chunks of any streaming `Response`: of a route of one's own, a queue, a cache. The counterpart of `toSSEResponse`,
 * with the same rules as for a service's stream.
 * @param options.choices how many choices were asked for. @default 1
 * @example
 * const text = await collectText(readStream(await fetch('/api/chat', { method: 'POST', body })))
 */
export function readStream(
  response: Response,
  options: { readonly signal?: AbortSignal | null | undefined; readonly choices?: number } = {},
): EventStream<ChatCompletionChunk> {
  const started = performance.now()
  return createEventStream(async signal => {
    const { status, headers } = response
    const reading = { scrub: String }
    await refuseFailure(response, { ...reading, signal })
    const context = {
      ...reading,
      operation: { name: 'readStream', route: '' },
      signal,
      body: JSON.stringify({ n: options.choices ?? 1 }),
      watchers: [],
      locate() {},
      maxResponseBytes: 2 ** 26,
      maxEventBytes: 2 ** 25,
    }
    const { data } = await openEvents(response, context, chatReader(response, context))
    return {
      data,
      status,
      headers,
      requestId: requestIdOf(headers),
      latencyMs: performance.now() - started,
      attempts: 0,
    }
  }, options.signal)
}
