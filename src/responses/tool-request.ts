import type { Tool as ChatTool } from '../chat/types.ts'
import { validationError } from '../errors/validation-error.ts'
import type { OptionsOf } from '../tools/loop-types.ts'
import type { Asked } from '../tools/run-loop.ts'
import type { ResponseToolsOptions, ResponseToolsRequest } from './tool-types.ts'
import type { CreateResponse, InputItem, ModelResponse } from './types.ts'

/** A request beside what the loop knows of it. */
export interface LoopRequest extends Asked<InputItem> {
  readonly request: ResponseToolsRequest
}

/** A tool in any shape: chat's, that of Responses, or one that holds others. */
interface AnyTool {
  readonly type?: string
  readonly name?: string
  readonly function?: ChatTool['function']
  readonly tools?: readonly AnyTool[]
}

/** The functions that a model may call, in the shape of chat; those in a namespace, too. */
function functionsOf(tools: readonly AnyTool[]): ChatTool[] {
  return tools.flatMap(tool => {
    if (tool.function) return tool as ChatTool
    if (tool.type === 'function') return { type: tool.type, function: { name: tool.name! } }
    return functionsOf(tool.tools ?? [])
  })
}

/** @throws {ValidationError} for a conversation of the service's, to which each step would add everything once more */
export function toLoopRequest(request: ResponseToolsRequest): LoopRequest {
  const { input, tools = [], conversation } = request
  if (conversation)
    throw validationError([{ path: 'conversation', message: 'cannot be kept by the service: see input' }])
  const messages: readonly InputItem[] =
    typeof input === 'string' ? [{ role: 'user', content: input }] : (input ?? [])
  return { request, messages, tools: functionsOf(tools as readonly AnyTool[]) }
}

function fromLoopRequest({ request, messages }: LoopRequest): ResponseToolsRequest {
  return { ...request, input: messages }
}

/** Makes the request of a step. A function that does not say whether it is strict would be taken for it. */
export function toResponseRequest(sent: LoopRequest): CreateResponse {
  const { tools, ...request } = fromLoopRequest(sent)
  const own = tools?.map(tool =>
    'function' in tool ? { type: 'function', strict: false, ...(tool as ChatTool).function } : tool,
  )
  return { ...request, tools: own?.length ? own : undefined } as CreateResponse
}

/** Lets a hook see and give requests as its caller writes them. */
export function toLoopOptions({
  beforeStep,
  ...options
}: ResponseToolsOptions): OptionsOf<LoopRequest, ModelResponse, InputItem> {
  return {
    ...options,
    beforeStep:
      beforeStep &&
      (async (next, steps) => {
        const sent = await beforeStep(fromLoopRequest(next), steps)
        return sent && toLoopRequest(sent)
      }),
  }
}
