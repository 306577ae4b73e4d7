/** A string type that completes known values and takes any other. */
type Open<T extends string> = T | (string & {})

/** A part of a message's content. Vendors add types of their own. */
export type ContentPart =
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'image_url'
      readonly imageUrl: { readonly url: string; readonly detail?: Open<'auto' | 'low' | 'high'> | undefined }
    }
  | {
      readonly type: 'input_audio'
      readonly inputAudio: { readonly data: string; readonly format: Open<'wav' | 'mp3'> }
    }
  | {
      readonly type: 'file'
      readonly file: {
        readonly fileData?: string | undefined
        readonly fileId?: string | undefined
        readonly filename?: string | undefined
      }
    }
  | { readonly type: string & {}; readonly [key: string]: unknown }

/** A function call that the model asks for. */
export interface ToolCall {
  readonly id: string
  readonly type: Open<'function'>
  readonly function: {
    readonly name: string
    /** JSON, as the model wrote it: parse it with care. */
    readonly arguments: string
  }
  readonly [key: string]: unknown
}

/** Instructions that come before the conversation. */
export interface SystemMessage {
  readonly role: 'system' | 'developer'
  readonly content: string | readonly ContentPart[]
  readonly name?: string | undefined
  readonly [key: string]: unknown
}

export interface UserMessage {
  readonly role: 'user'
  readonly content: string | readonly ContentPart[]
  readonly name?: string | undefined
  readonly [key: string]: unknown
}

export interface AssistantMessage {
  readonly role: 'assistant'
  readonly content?: string | readonly ContentPart[] | null | undefined
  readonly name?: string | undefined
  readonly toolCalls?: readonly ToolCall[] | null | undefined
  readonly refusal?: string | null | undefined
  readonly [key: string]: unknown
}

/** The result of a tool call, for the model. */
export interface ToolMessage {
  readonly role: 'tool'
  readonly content: string | readonly ContentPart[]
  /** The `id` of the call that it answers. */
  readonly toolCallId: string
  readonly [key: string]: unknown
}

/** A message of the conversation. A response's message can be put in as it is. */
export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage

/** A function that the model may call. */
export interface Tool {
  readonly type: 'function'
  readonly function: {
    readonly name: string
    readonly description?: string | undefined
    /** A JSON schema, sent verbatim. */
    readonly parameters?: { readonly [key: string]: unknown } | undefined
    readonly strict?: boolean | null | undefined
  }
  readonly [key: string]: unknown
}

export type ToolChoice =
  | 'auto'
  | 'none'
  | 'required'
  | { readonly type: 'function'; readonly function: { readonly name: string } }
  | { readonly type: string & {}; readonly [key: string]: unknown }

export type ResponseFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json_object' }
  | {
      readonly type: 'json_schema'
      readonly jsonSchema: {
        readonly name: string
        readonly description?: string | undefined
        /** A JSON schema, sent verbatim. */
        readonly schema?: { readonly [key: string]: unknown } | undefined
        readonly strict?: boolean | null | undefined
      }
    }
  | { readonly type: string & {}; readonly [key: string]: unknown }

/**
 * A chat request, in camelCase; the wire's own snake_case names work too. Parameters that are not listed are sent as well.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/create
 */
export interface ChatCompletionRequest {
  readonly model: string
  readonly messages: readonly Message[]
  /** 0 to 2 */
  readonly temperature?: number | null | undefined
  /** At least 1; newer services call it `maxCompletionTokens`. */
  readonly maxTokens?: number | null | undefined
  readonly maxCompletionTokens?: number | null | undefined
  /** 0 to 1 */
  readonly topP?: number | null | undefined
  /** How many choices, 1 to 10. */
  readonly n?: number | null | undefined
  /** At most four. */
  readonly stop?: string | readonly string[] | null | undefined
  /** -2 to 2 */
  readonly presencePenalty?: number | null | undefined
  /** -2 to 2 */
  readonly frequencyPenalty?: number | null | undefined
  readonly seed?: number | null | undefined
  readonly tools?: readonly Tool[] | undefined
  readonly toolChoice?: ToolChoice | undefined
  readonly parallelToolCalls?: boolean | undefined
  readonly responseFormat?: ResponseFormat | undefined
  readonly reasoningEffort?: Open<'none' | 'minimal' | 'low' | 'medium' | 'high'> | null | undefined
  readonly logprobs?: boolean | null | undefined
  readonly topLogprobs?: number | null | undefined
  /** Sent verbatim. */
  readonly logitBias?: { readonly [token: string]: number } | null | undefined
  /** Sent verbatim. */
  readonly metadata?: { readonly [key: string]: string } | null | undefined
  readonly user?: string | undefined
  /** Has no effect: the function that is called decides. */
  readonly stream?: boolean | null | undefined
  readonly streamOptions?:
    | { readonly includeUsage?: boolean | undefined; readonly [key: string]: unknown }
    | null
    | undefined
  readonly [key: string]: unknown
}

/** Counts of tokens, as the service gives them. */
export interface Usage {
  promptTokens: number
  completionTokens: number
  totalTokens: number
  promptTokensDetails?: { cachedTokens?: number; [key: string]: unknown } | null
  completionTokensDetails?: { reasoningTokens?: number; [key: string]: unknown } | null
  [key: string]: unknown
}

/** Why the model stopped. */
export type FinishReason = Open<'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call'>

/** The model's message. Put it into the next request's `messages` as it is. */
export interface ResponseMessage {
  role: 'assistant'
  content: string | null
  toolCalls?: ToolCall[]
  refusal?: string | null
  /** What the model thought, where the service tells. `finalCompletion` folds all spellings of it into this one. */
  reasoning?: string | null
  [key: string]: unknown
}

export interface Choice {
  index: number
  message: ResponseMessage
  /** Null where a stream ended with `[DONE]` but gave no reason. */
  finishReason: FinishReason | null
  [key: string]: unknown
}

/** @see https://platform.openai.com/docs/api-reference/chat/object */
export interface ChatCompletion {
  id: string
  object: Open<'chat.completion'>
  created: number
  model: string
  choices: [Choice, ...Choice[]]
  usage?: Usage | null
  [key: string]: unknown
}

/** A part of a tool call. `arguments` is a piece of the JSON. */
export interface ToolCallDelta {
  index?: number
  id?: string | null
  type?: string
  function?: { name?: string | null; arguments?: string | null }
  [key: string]: unknown
}

/** What a chunk adds to a message. */
export interface Delta {
  role?: Open<'assistant'>
  /** A string at most services; Mistral's reasoning models send a list of parts, see `textStream`. */
  content?: string | null
  toolCalls?: ToolCallDelta[] | null
  refusal?: string | null
  [key: string]: unknown
}

export interface ChunkChoice {
  index: number
  delta: Delta
  finishReason?: FinishReason | null
  [key: string]: unknown
}

/**
 * One event of a stream, as the service sent it; only its keys are in camelCase.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/streaming
 */
export interface ChatCompletionChunk {
  id: string
  object: Open<'chat.completion.chunk'>
  created: number
  model: string
  /** Empty in the chunk that carries the usage. */
  choices: ChunkChoice[]
  usage?: Usage | null
  [key: string]: unknown
}
