import { type ChatEvent, chatEvents } from '../chat/chat-events.ts'
import type { ChatCompletionChunk } from '../chat/types.ts'
import { mapStream } from '../stream/map-stream.ts'
import { tellFailure } from '../wire/relayed-failure.ts'
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
 * those of `streamTools`, whose steps, calls and results become parts of the message as well. Of a tool that failed the page is
 * told what the model was told. An error becomes a part with the words that {@link toSSEResponse} has for it, and no `[DONE]` follows.
 * It is read by demand, and when its reader goes away the request behind it is ended.
 *
 * @param init status and headers to add
 * @see https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol
 * @example
 * return toUIMessageResponse(streamTools(client, { model: 'gpt-4.1', messages, tools }, { signal: request.signal }))
 */
export function toUIMessageResponse(
  stream: AsyncIterable<ChatCompletionChunk> | AsyncIterable<ChatEvent> | AsyncIterable<ToolEvent>,
  init: ResponseInit = {},
): Response {
  const values: AsyncIterator<ChatCompletionChunk | UIEvent> = stream[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  let parts: AsyncIterator<UIPart> | undefined
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const send = (data: string) => controller.enqueue(encoder.encode(`data: ${data}\n\n`))
        try {
          parts ??= mapStream(await eventsOf(values), createUIParts())[Symbol.asyncIterator]()
          const { done, value } = await parts.next()
          if (!done) return send(JSON.stringify(value))
          send('[DONE]')
        } catch (error) {
          const { message } = tellFailure(error) as { message: string }
          send(JSON.stringify({ type: 'error', errorText: message }))
          await values.return?.()
        }
        controller.close()
      },
      async cancel() {
        await values.return?.()
      },
    },
    { highWaterMark: 0 },
  )
  const headers = new Headers(init.headers)
  headers.set('content-type', 'text/event-stream; charset=utf-8')
  headers.set('x-vercel-ai-ui-message-stream', 'v1')
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-cache')
  return new Response(body, { ...init, headers })
}
