import type { Tool as ChatTool } from '../chat/types.ts'
import type { EventOf, OptionsOf, RunOf, StepOf } from '../tools/loop-types.ts'
import type { CreateResponse, InputItem, ModelResponse, Tool } from './types.ts'

/** A request of a run: its `tools` may be made by `tool`, beside the API's own. */
export interface ResponseToolsRequest extends Omit<CreateResponse, 'tools'> {
  readonly tools?: readonly (Tool | ChatTool)[] | undefined
}

/** A step of a run over Responses. */
export interface ResponseToolStep extends StepOf<ModelResponse> {}

/** What came of a run over Responses: `completion` is the last response, `messages` the input of the next request. */
export interface ResponseToolRun extends RunOf<ModelResponse, InputItem> {}

/** Settings of a run over Responses. */
export interface ResponseToolsOptions extends OptionsOf<ResponseToolsRequest, ModelResponse, InputItem> {}

/** What happens in a run over Responses. */
export type ResponseToolEvent = EventOf<ModelResponse, InputItem>
