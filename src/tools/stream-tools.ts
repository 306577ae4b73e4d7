import { chatEvents } from '../chat/chat-events.ts'
import { streamChatCompletion } from '../chat/stream.ts'
import type { ChatCompletion, ChatCompletionRequest } from '../chat/types.ts'
import type { CallOptions, Client } from '../client/types.ts'
import { type WorkStream, workStream } from '../output/work-stream.ts'
import { chatDialect } from './chat-dialect.ts'
import { runLoop } from './run-loop.ts'
import type { RunToolsOptions, ToolEvent, ToolRun } from './types.ts'

/**
 * Does what {@link runTools} does, and tells of it as it happens: `text` and `reasoning` piece by piece, each `toolCall` once the
 * model has written it, each `toolResult` once it is there, each whole `step`, and at the `end` the run.
 *
 * It begins when it is read, goes on by demand, and ends with the loop: leaving it ends the request, and aborts the tools, at once.
 *
 * @throws {LLMError} where a request fails or its stream is cut, with the run up to then as `partial`
 * @throws what `signal` aborts with, at once, whatever a tool does
 * @example
 * for await (const event of streamTools(client, { model: 'gpt-4.1', messages, tools: [weather] })) {
 *   if (event.type === 'text') write(event.delta)
 *   if (event.type === 'end') console.log(event.run.stopped)
 * }
 */
export function streamTools(
  client: Client,
  request: ChatCompletionRequest,
  options: RunToolsOptions = {},
): WorkStream<ToolEvent, ToolRun> {
  // Most services count a stream only when they are asked to, and some refuse to be asked.
  const counting = Number.isFinite(options.maxTotalTokens) ? { includeUsage: true } : undefined
  const { streamOptions = counting } = request
  return workStream(options.signal, (signal, emit) => {
    const ask = async (sent: ChatCompletionRequest, callOptions: CallOptions): Promise<ChatCompletion> => {
      let completion: ChatCompletion
      for await (const event of chatEvents(streamChatCompletion(client, sent, callOptions)))
        if (event.type === 'end') completion = event.completion
        else await emit(event)
      return completion!
    }
    return runLoop(chatDialect, ask, { ...request, streamOptions }, options, signal, emit)
  })
}
