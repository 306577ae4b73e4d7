import type { LowerCaseNames, NoOptions, Open, VendorFields, WireNames } from '../client/shapes.ts'
import type {
  ImageURL,
  InputAudio,
  InputFile,
  NamedSchema,
  OtherFormat,
  OtherPart,
  StreamOptions,
  Thinking,
  ToolChoiceObject,
  WireNumbers,
} from './shapes.ts'

/** A part of a message's content. Vendors add types of their own. */
export type ContentPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image_url'; readonly imageUrl: ImageURL }
  | { readonly type: 'input_audio'; readonly inputAudio: InputAudio }
  | { readonly type: 'file'; readonly file: InputFile }
  | OtherPart

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

/** Instructions that come before the conversation. */
export interface SystemMessage extends LowerCaseNames {
  readonly role: 'system' | 'developer'
  readonly content: string | readonly ContentPart[]
  readonly name?: string | undefined
}

export interface UserMessage extends LowerCaseNames {
  readonly role: 'user'
  readonly content: string | readonly ContentPart[]
  readonly name?: string | undefined
}

/** What the model said. An answer's message is one, with all that the service sent in it. */
export interface AssistantMessage extends LowerCaseNames, Thinking {
  readonly role: 'assistant'
  readonly content?: string | readonly ContentPart[] | null | undefined
  readonly name?: string | undefined
  readonly toolCalls?: readonly ToolCall[] | null | undefined
  readonly refusal?: string | null | undefined
}

/** The result of a tool call, for the model. */
export interface ToolMessage extends LowerCaseNames {
  readonly role: 'tool'
  readonly content: string | readonly ContentPart[]
  /** The `id` of the call that it answers. */
  readonly toolCallId: string
}

/** A tool's message in the wire's own spelling. */
interface WireToolMessage extends LowerCaseNames, Pick<ToolMessage, 'role' | 'content'> {
  readonly tool_call_id: string
  readonly toolCallId?: undefined
}

/** A message of the conversation. A response's message can be put in as it is. */
export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage | WireToolMessage

/** A function that the model may call. */
export interface Tool extends LowerCaseNames {
  readonly type: 'function'
  readonly function: {
    readonly name: string
    readonly description?: string | undefined
    /** A JSON schema, sent verbatim. */
    readonly parameters?: object | undefined
    readonly strict?: boolean | null | undefined
  }
}

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
  readonly tools?: readonly Tool[] | undefined
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
  content: string | null
  toolCalls?: ToolCall[]
  refusal?: string | null
}

export interface Choice extends VendorFields {
  index: number
  message: ResponseMessage
  /** Null where a stream ended with `[DONE]` but gave no reason. */
  finishReason: FinishReason | null
}

/** @see https://platform.openai.com/docs/api-reference/chat/object */
export interface ChatCompletion extends VendorFields {
  id: string
  object: Open<'chat.completion'>
  created: number
  model: string
  choices: [Choice, ...Choice[]]
  usage?: Usage | null
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
