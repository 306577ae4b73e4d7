import type { CallOptions, Client } from '../client/types.ts'
import { type WorkStream, workStream } from '../output/work-stream.ts'
import { withPartial } from '../stream/folded-stream.ts'
import { runLoop } from '../tools/run-loop.ts'
import type { ResponseStreamOptions } from './open-response-stream.ts'
import { outputText } from './output-text.ts'
import { createResponseFold } from './response-fold.ts'
import { streamResponse } from './stream.ts'
import { type AnyItem, callOf, responseDialect } from './tool-dialect.ts'
import { type LoopRequest, toLoopOptions, toLoopRequest, toResponseRequest } from './tool-request.ts'
import type {
  ResponseToolEvent,
  ResponseToolRun,
  ResponseToolsOptions,
  ResponseToolsRequest,
} from './tool-types.ts'
import type { ModelResponse, ResponseEvent } from './types.ts'

/** What a run tells of an event of a response. */
function toToolEvent(event: ResponseEvent): ResponseToolEvent | undefined {
  switch (event.type) {
    case 'response.output_text.delta':
      return { type: 'text', delta: event.delta }
    case 'response.reasoning_text.delta':
    case 'response.reasoning_summary_text.delta':
      return { type: 'reasoning', delta: event.delta }
    case 'response.output_item.done': {
      const toolCall = callOf(event.item as AnyItem)
      return toolCall && { type: 'toolCall', toolCall }
    }
  }
  return undefined
}

/**
 * Does what {@link runResponseTools} does, and tells of it as it happens: `text` and `reasoning` piece by piece, each `toolCall`
 * once the model has written it, each `toolResult` once it is there, each whole `step`, and at the `end` the run.
 *
 * It begins when it is read, goes on by demand, and ends with the loop: leaving it ends the request, and aborts the tools, at once.
 *
 * @param options.resumable goes on after a broken connection, as that of `streamResponse`. Needs `background: true`. @default false
 * @throws {ValidationError} for a `conversation` that the service keeps
 * @throws {LLMError} where a request fails or its stream is cut, with the run up to then as `partial`
 * @throws what `signal` aborts with, at once, whatever a tool does
 * @example
 * for await (const event of streamResponseTools(client, { model: 'gpt-5', input, tools: [weather] })) {
 *   if (event.type === 'text') write(event.delta)
 *   if (event.type === 'end') console.log(event.run.stopped)
 * }
 */
export function streamResponseTools(
  client: Client,
  request: ResponseToolsRequest,
  options: ResponseToolsOptions & Pick<ResponseStreamOptions, 'resumable'> = {},
): WorkStream<ResponseToolEvent, ResponseToolRun> {
  return workStream(options.signal, async (signal, emit) => {
    const ask = async (sent: LoopRequest, callOptions: CallOptions): Promise<ModelResponse> => {
      const fold = createResponseFold()
      const told = new Set<string>()
      const tell = async (event: ResponseToolEvent | undefined): Promise<void> => {
        if (!event) return
        told.add(event.type === 'toolCall' ? event.toolCall.id : event.type)
        await emit(event)
      }
      try {
        for await (const event of streamResponse(client, toResponseRequest(sent), callOptions)) {
          fold.add(event)
          await tell(toToolEvent(event))
        }
        const response = fold.result(true)
        // JSON in answer to `stream: true`, and the streams of some services, have nothing but the last event.
        const delta = outputText(response)
        if (delta && !told.has('text')) await tell({ type: 'text', delta })
        for (const item of response.output) {
          const toolCall = callOf(item as AnyItem)
          if (toolCall && !told.has(toolCall.id)) await tell({ type: 'toolCall', toolCall })
        }
        return response
      } catch (error) {
        throw withPartial(error, fold)
      }
    }
    return runLoop(responseDialect, ask, toLoopRequest(request), toLoopOptions(options), signal, emit)
  })
}
