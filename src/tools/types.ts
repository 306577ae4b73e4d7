import type { ChatEvent } from '../chat/chat-events.ts'
import type { ContentPart } from '../chat/shapes.ts'
import type {
  ChatCompletion,
  ChatCompletionRequest,
  Message,
  Tool,
  ToolCall,
  ToolMessage,
  Usage,
} from '../chat/types.ts'
import type { CallOptions } from '../client/types.ts'
import type { JsonSchema, Schema } from '../output/schema.ts'

/** Where a tool's runner is. A symbol, because no JSON and no request shows it, and a copy of the tool still has it. */
export const RUNNER: unique symbol = /* @__PURE__ */ Symbol.for('llmfetch.tool')

/** What a tool is told besides its input. */
export interface ToolContext {
  /** Aborts when the run is aborted, left or has failed, or the tool's time is up. Hand it on to whatever the tool waits for. */
  readonly signal: AbortSignal
  readonly call: ToolCall
  /** How many answers of the model there have been in this run. 0 for a call that the history brought along. */
  readonly step: number
  /** The conversation up to the message that makes the call: over Responses, the items of the input, in their own shapes. */
  readonly messages: readonly Message[]
}

/** What {@link tool} takes. */
export interface ToolOptions<Input> {
  /** At most 64 letters, digits, `_` and `-`. */
  readonly name: string
  /** Tells the model what the tool does, and when to call it. */
  readonly description?: string | undefined
  /** Any Standard Schema: it types, describes and checks the input. @default none: any JSON object passes unchecked */
  readonly input?: Schema<Input> | undefined
  /** The JSON Schema of the input, where `input` tells none or is left out. It is sent, and checks nothing. */
  readonly parameters?: JsonSchema | undefined
  /**
   * Asks whether a call may run. If not it is left `pending`. Every call is asked about, one after the other, those that the
   * history brings along as well: a history that a browser has sent can hold calls that no model made, and answers that no tool
   * gave. So decide by what the server knows, never by what the history says.
   * @default every call runs
   */
  readonly approve?: ((input: Input, context: ToolContext) => boolean | Promise<boolean>) | undefined
  /** How long `execute` may take, in milliseconds. @default no limit */
  readonly timeout?: number | undefined
  /**
   * Whether the service must hold the model to the schema. `true` forces it: optional members are sent as required or null, and
   * such nulls are removed again before `input` sees them.
   * @default true where the schema allows it: every object closed or silent about it, every member required
   */
  readonly strict?: boolean | undefined
  /**
   * Does what the tool is for. A string goes to the model as it is, {@link toolContent} as its parts, anything else as JSON; what
   * it throws is told to the model. Left out, a call is left `pending`: it is the caller's to run.
   */
  readonly execute?: ((input: Input, context: ToolContext) => unknown) | undefined
}

/** What only this library sees of a tool. */
export interface Runner<Input> extends Pick<ToolOptions<Input>, 'approve' | 'timeout' | 'execute'> {
  /** Reads the arguments of a call. */
  parse(json: string): Promise<Input>
}

/** A tool as the wire has it, which {@link runTools} can run. */
export interface RunnableTool<Input> extends Tool {
  readonly [RUNNER]: Runner<Input>
}

/** What became of a call. */
export interface ToolResult {
  readonly toolCall: ToolCall
  /** What `execute` returned. */
  readonly output?: unknown
  /**
   * Why there is no output: what `execute` threw, a {@link TimeoutError}, or an {@link OutputError} for a call that does not fit
   * the tool, or no tool.
   */
  readonly failed?: unknown
  /** What the model is told. */
  readonly message: ToolMessage
  /** What the model is shown besides, in a user message behind the answers to all calls: see {@link toolContent}. */
  readonly attachments?: readonly ContentPart[]
}

/** One answer of the model, and what became of the calls in it. */
export interface ToolStep {
  /** Undefined in the step that runs calls that the history brought along. */
  readonly completion: ChatCompletion | undefined
  /** In the order of the calls. */
  readonly results: readonly ToolResult[]
}

/**
 * Why a run stopped: with an answer (`'answer'`), at calls that wait for approval or are the caller's to run (`'pending'`), at a
 * limit (`'steps'`, `'tokens'`, `'invalid'`), because `stopWhen` said so (`'condition'`), or at an answer that the token limit
 * (`'length'`) or a filter (`'filter'`) has cut: calls in such an answer are not run. `'error'` stands in the `partial` of an
 * error alone.
 */
export type ToolStop =
  | 'answer'
  | 'pending'
  | 'steps'
  | 'tokens'
  | 'condition'
  | 'length'
  | 'filter'
  | 'invalid'
  | 'error'

/** What came of a run. */
export interface ToolRun {
  readonly stopped: ToolStop
  /** The last answer. Undefined where there was none. */
  readonly completion: ChatCompletion | undefined
  /** The text of the last answer. */
  readonly text: string
  /**
   * The conversation, to be kept and sent again: it is all that the next run needs. Calls that are `pending` are run there first,
   * unless a tool message that answers them has been pushed.
   */
  readonly messages: Message[]
  readonly steps: readonly ToolStep[]
  /** Calls of the last answer that have not been answered. */
  readonly pending: readonly ToolCall[]
  /**
   * The counts of all answers, added up. Zero where the service counts nothing; most count a stream only with
   * `streamOptions: { includeUsage: true }` in the request, which `maxTotalTokens` sets.
   */
  readonly usage: Usage
}

/** Settings of a run; those of a call hold for each of its requests, `signal` for everything, the tools included. */
export interface RunToolsOptions extends CallOptions {
  /** How many answers the model may give. @default 10 */
  readonly maxSteps?: number | undefined
  /** Stops once this many tokens are used, those of prompts included. @default Infinity */
  readonly maxTotalTokens?: number | undefined
  /** How many calls of one answer run at once. On Workers six connections are the most. @default Infinity */
  readonly parallel?: number | undefined
  /** Stops after this many answers in a row in which no call could be run as the model wrote it. @default 3 */
  readonly maxInvalid?: number | undefined
  /** Stands around each tool that is run, to watch it: `toolSpans` of `llmfetch/otel` makes one. It calls `work` once and gives what that gives. */
  readonly aroundTool?: (<T>(call: ToolCall, work: () => Promise<T>) => Promise<T>) | undefined
  /** Whether to stop after a step with calls. */
  readonly stopWhen?: ((steps: readonly ToolStep[]) => unknown) | undefined
  /** Changes the request of the next step, and of that alone, by returning another one. */
  readonly beforeStep?:
    | ((
        request: ChatCompletionRequest,
        steps: readonly ToolStep[],
      ) => ChatCompletionRequest | undefined | Promise<ChatCompletionRequest | undefined>)
    | undefined
  /** Is told of each step, with the conversation so far. Keep that, and a run that was aborted can be taken up again. */
  readonly onStep?: ((step: ToolStep, messages: readonly Message[]) => unknown) | undefined
  /**
   * Says what the model is told of a tool that threw or took too long. Throw to end the run.
   * @default `Failed: ` and the error's message
   */
  readonly onToolError?: ((error: unknown, call: ToolCall) => unknown) | undefined
}

/** What happens in a run. */
export type ToolEvent =
  | Exclude<ChatEvent, { type: 'end' }>
  | ({ readonly type: 'toolResult' } & ToolResult)
  | { readonly type: 'step'; readonly step: ToolStep; readonly messages: readonly Message[] }
  | { readonly type: 'end'; readonly run: ToolRun }
