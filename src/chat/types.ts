import type { LowerCaseNames, NoOptions, Open, VendorFields, WireNames } from '../client/shapes.ts'
import type {
  Annotation,
  ContentPart,
  Logprobs,
  NamedSchema,
  OtherFormat,
  StreamOptions,
  Thinking,
  ToolChoiceObject,
  ToolDefinition,
  ToolShape,
  Turn,
  WireNumbers,
  WireToolShape,
} from './shapes.ts'

/** A function call that the model asks for. */
export interface ToolCall extends VendorFields {
  readonly id: string
  readonly type: Open<'function' | 'custom'>
  readonly function: {
    readonly name: string
    /** JSON, as the model wrote it: parse it with care. */
    readonly arguments: string
  }
}

interface AssistantShape extends Thinking {
  readonly role: 'assistant'
  readonly content?: string | readonly ContentPart[] | null | undefined
  readonly name?: string | undefined
  readonly toolCalls?: readonly ToolCall[] | null | undefined
  readonly refusal?: string | null | undefined
}

/** Instructions that come before the conversation. */
export interface SystemMessage extends Turn<'system' | 'developer'>, LowerCaseNames {}

/** What the user says. */
export interface UserMessage extends Turn<'user'>, LowerCaseNames {}

/** What the model said. An answer's message is one, with all that the service sent in it. */
export interface AssistantMessage extends AssistantShape, LowerCaseNames {}

/** The result of a tool call, for the model. */
export interface ToolMessage extends ToolShape, LowerCaseNames {}

interface WireToolMessage extends WireToolShape, LowerCaseNames {}

/** A message of the conversation. An answer's message fits as it is, and so does an object of your own `interface`. */
export type Message =
  | SystemMessage
  | UserMessage
  | AssistantMessage
  | ToolMessage
  | WireToolMessage
  | Turn
  | AssistantShape
  | ToolShape
  | WireToolShape

/** A function that the model may call. */
export interface Tool extends ToolDefinition, LowerCaseNames {}

/** A tool, or an object of the caller's own `interface`, which has no index signature. */
export type AnyTool = Tool | ToolDefinition

/** Which tool the model is to call: as it likes, none, any, or this one. */
export type ToolChoice = 'auto' | 'none' | 'required' | ToolChoiceObject

/** What the answer must be. `objectFormat` makes one of a schema. */
export type ResponseFormat =
  | { readonly type: 'json_schema'; readonly jsonSchema: NamedSchema }
  // llama.cpp and Fireworks take a schema here.
  | { readonly type: 'json_object'; readonly schema?: object | undefined }
  | OtherFormat

/**
 * A chat request, in camelCase; the wire's own names, in snake_case, work too. Any parameter in snake_case is sent; one in a single
 * word that is not listed goes into the options, as `extraBody`.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/create
 */
export interface ChatCompletionRequest extends WireNames, WireNumbers, NoOptions {
  readonly model: string
  readonly messages: readonly Message[]
  /** 0 to 2 */
  readonly temperature?: number | null | undefined
  /** At least 1; newer services call it `maxCompletionTokens`. */
  readonly maxTokens?: number | null | undefined
  readonly maxCompletionTokens?: number | null | undefined
  /** 0 to 1 */
  readonly topP?: number | null | undefined
  /** How many choices, 1 to 128. */
  readonly n?: number | null | undefined
  /** At most four. */
  readonly stop?: string | readonly string[] | null | undefined
  /** -2 to 2 */
  readonly presencePenalty?: number | null | undefined
  /** -2 to 2 */
  readonly frequencyPenalty?: number | null | undefined
  /** The same seed and parameters give the same answer, as far as the service can. */
  readonly seed?: number | null | undefined
  /** Functions that the model may call. `tool` makes one, and `runTools` runs it. */
  readonly tools?: readonly AnyTool[] | undefined
  readonly toolChoice?: ToolChoice | undefined
  readonly parallelToolCalls?: boolean | undefined
  readonly responseFormat?: ResponseFormat | undefined
  readonly reasoningEffort?: Open<'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh'> | null | undefined
  readonly verbosity?: Open<'low' | 'medium' | 'high'> | null | undefined
  readonly logprobs?: boolean | null | undefined
  readonly topLogprobs?: number | null | undefined
  /** Sent verbatim. */
  readonly logitBias?: { readonly [token: string]: number } | null | undefined
  /** Sent verbatim. */
  readonly metadata?: object | null | undefined
  readonly user?: string | undefined
  readonly safetyIdentifier?: string | null | undefined
  readonly promptCacheKey?: string | null | undefined
  readonly serviceTier?: Open<'auto' | 'default' | 'flex' | 'priority'> | null | undefined
  readonly store?: boolean | null | undefined
  readonly modalities?: readonly Open<'text' | 'audio'>[] | null | undefined
  readonly audio?: object | null | undefined
  readonly prediction?: object | null | undefined
  readonly webSearchOptions?: object | undefined
  /** Has no effect: the function that is called decides. */
  readonly stream?: boolean | null | undefined
  readonly streamOptions?: StreamOptions | null | undefined
}

/** Counts of tokens, as the service gives them. */
export interface Usage extends VendorFields {
  promptTokens: number
  completionTokens: number
  totalTokens: number
  promptTokensDetails?: ({ cachedTokens?: number } & VendorFields) | null
  completionTokensDetails?: ({ reasoningTokens?: number } & VendorFields) | null
}

/** Why the model stopped. A word that is not listed is compared as `(finishReason as string) === 'other'`. */
export type FinishReason =
  | 'stop'
  | 'length'
  | 'tool_calls'
  | 'content_filter'
  | 'function_call'
  | 'model_length'
  | 'eos'
  | `${string} (a reason that is not listed)`

/** The model's message. Put it into the next request's `messages` as it is; `reasoningText` reads what it thought. */
export interface ResponseMessage extends VendorFields, Thinking {
  role: 'assistant'
  /** The text. Null where there is none, as with tool calls. */
  content: string | null
  /** What the model asks for; absent where it asks for nothing. */
  toolCalls?: ToolCall[]
  refusal?: string | null
  annotations?: Annotation[] | null
}

export interface Choice extends VendorFields {
  index: number
  message: ResponseMessage
  /** Null where a stream ended with `[DONE]` but gave no reason. */
  finishReason: FinishReason | null
  logprobs?: Logprobs | null
}

/** A whole answer, with every member that the service sent. @see https://platform.openai.com/docs/api-reference/chat/object */
export interface ChatCompletion extends VendorFields {
  id: string
  object: Open<'chat.completion'>
  /** Seconds since 1970. */
  created: number
  /** The model that answered, which may have a longer name than the one that was asked. */
  model: string
  /** As many as `n` asks for, at least one. */
  choices: [Choice, ...Choice[]]
  usage?: Usage | null
  serviceTier?: string | null
  systemFingerprint?: string | null
}

/** A part of a tool call. `arguments` is a piece of the JSON. */
export interface ToolCallDelta extends VendorFields {
  index?: number
  id?: string | null
  type?: string
  function?: { name?: string | null; arguments?: string | null }
}

/** What a chunk adds to a message. */
export interface Delta extends VendorFields, Thinking {
  role?: Open<'assistant'>
  /** A text, or a piece of one: that of a list of parts too, as some services send. */
  content?: string | null
  toolCalls?: ToolCallDelta[] | null
  refusal?: string | null
}

export interface ChunkChoice extends VendorFields {
  index: number
  delta: Delta
  finishReason?: FinishReason | null
  logprobs?: Logprobs | null
}

/**
 * One event of a stream, as the service sent it; only its keys are in camelCase.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/streaming
 */
export interface ChatCompletionChunk extends VendorFields {
  id: string
  object: Open<'chat.completion.chunk'>
  created: number
  model: string
  /** Empty in the chunk that carries the usage. */
  choices: ChunkChoice[]
  usage?: Usage | null
}
