import { type ChatEvent, chatEvents } from '../chat/chat-events.ts'
import type { ChatCompletionChunk } from '../chat/types.ts'
import { eventResponse, type SSEResponseInit } from '../stream/event-response.ts'
import { mapStream } from '../stream/map-stream.ts'
import type { ToolEvent } from './types.ts'
import { createUIParts, type UIEvent, type UIPart } from './ui-parts.ts'

/** The events that the values are, or are pieces of: the first one tells. */
async function eventsOf(
  values: AsyncIterator<ChatCompletionChunk | UIEvent>,
): Promise<AsyncIterable<UIEvent>> {
  const first = await values.next()
  const read = [first]
  const next = async () => read.pop() ?? values.next()
  const all = { [Symbol.asyncIterator]: () => ({ next }) }
  const hasChunks = !first.done && 'choices' in first.value
  return hasChunks ? chatEvents(all as AsyncIterable<ChatCompletionChunk>) : (all as AsyncIterable<UIEvent>)
}

/**
 * A stream as a `Response` that AI SDK's `useChat` reads: chunks, of which the first choice counts, the events of `chatEvents`, or
 * those of a run with tools, whose steps, calls and results become parts of the message as well. Of a tool that failed the page
 * is told what the model was told. An error becomes a part with the words that {@link toSSEResponse} has for it, and no `[DONE]` follows.
 * It is read by demand, and when its reader goes away the request behind it is ended.
 *
 * @param init status and headers to add, and `keepAlive`
 * @see https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol
 * @example
 * return toUIMessageResponse(streamTools(client, { model: 'gpt-4.1', messages, tools }, { signal: request.signal }))
 */
export function toUIMessageResponse(
  stream:
    | AsyncIterable<ChatCompletionChunk>
    | AsyncIterable<ChatEvent>
    | AsyncIterable<Pick<ToolEvent, 'type'>>,
  init: SSEResponseInit = {},
): Response {
  const values = stream[Symbol.asyncIterator]() as AsyncIterator<ChatCompletionChunk | UIEvent>
  let parts: AsyncIterator<UIPart> | undefined
  const source: AsyncIterator<UIPart> = {
    async next() {
      parts ??= mapStream(await eventsOf(values), createUIParts())[Symbol.asyncIterator]()
      return parts.next()
    },
    return: async () => values.return?.() as Promise<IteratorResult<UIPart>>,
  }
  const headers = new Headers(init.headers)
  headers.set('x-vercel-ai-ui-message-stream', 'v1')
  return eventResponse(
    source,
    part => part,
    failure => ({ type: 'error', errorText: (failure as { message: string }).message }),
    { ...init, headers },
  )
}
