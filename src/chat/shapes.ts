import type { LowerCaseNames, Open, VendorFields, WireNames } from '../client/shapes.ts'

/** An image, by its address or as a data URL; see `toDataURL`. */
interface ImageURL {
  readonly url: string
  readonly detail?: Open<'auto' | 'low' | 'high'> | undefined
}

interface InputAudio {
  /** In base64. */
  readonly data: string
  readonly format: Open<'wav' | 'mp3'>
}

/** A file, by its id or as a data URL; see `toDataURL`. */
interface InputFile {
  readonly fileData?: string | undefined
  readonly file_data?: string | undefined
  readonly fileId?: string | undefined
  readonly file_id?: string | undefined
  readonly filename?: string | undefined
}

/** A part of another type, or in the wire's own spelling. What is known of a part is checked here too. */
interface OtherPart extends LowerCaseNames {
  readonly type: Open<'text' | 'image_url' | 'input_audio' | 'file'>
  readonly text?: string | undefined
  readonly imageUrl?: ImageURL | undefined
  readonly image_url?: ImageURL | undefined
  readonly inputAudio?: InputAudio | undefined
  readonly input_audio?: InputAudio | undefined
  readonly file?: InputFile | undefined
}

/** A part of a message's content. Vendors add types of their own. */
export type ContentPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image_url'; readonly imageUrl: ImageURL }
  | { readonly type: 'input_audio'; readonly inputAudio: InputAudio }
  | { readonly type: 'file'; readonly file: InputFile }
  | OtherPart

/** A message of a text or of parts. */
export interface Turn<Role extends string = 'system' | 'developer' | 'user' | 'assistant'> {
  readonly role: Role
  readonly content: string | readonly ContentPart[]
  readonly name?: string | undefined
}

/** The result of a tool call. */
export interface ToolShape {
  readonly role: 'tool'
  readonly content: string | readonly ContentPart[]
  /** The `id` of the call that it answers. */
  readonly toolCallId: string
}

/** A tool's message in the wire's own spelling. */
export interface WireToolShape extends Pick<ToolShape, 'role' | 'content'> {
  readonly tool_call_id: string
  readonly toolCallId?: undefined
}

/** What makes a tool. */
export interface ToolDefinition {
  readonly type: 'function'
  readonly function: {
    readonly name: string
    readonly description?: string | undefined
    /** A JSON schema, sent verbatim. */
    readonly parameters?: object | undefined
    readonly strict?: boolean | null | undefined
  }
}

/** Thinking, under whichever name a service has for it: `reasoningText` reads each. */
export interface Thinking {
  /** OpenRouter, Groq, Ollama and others. */
  readonly reasoning?: string | null | undefined
  /** DeepSeek, vLLM and others. */
  readonly reasoningContent?: string | null | undefined
  /** Copilot. */
  readonly reasoningText?: string | null | undefined
  /** Blocks of OpenRouter, perhaps signed. */
  readonly reasoningDetails?: readonly unknown[] | null | undefined
  /** Blocks of LiteLLM, perhaps signed. */
  readonly thinkingBlocks?: readonly unknown[] | null | undefined
}

export interface ToolChoiceObject extends LowerCaseNames {
  readonly type: Open<'function' | 'allowed_tools' | 'custom'>
  readonly function?: { readonly name: string } | undefined
  readonly allowedTools?: object | undefined
}

/** A JSON schema with its name. */
export interface NamedSchema {
  readonly name: string
  readonly description?: string | undefined
  /** A JSON schema, sent verbatim. */
  readonly schema?: object | undefined
  readonly strict?: boolean | null | undefined
}

export interface OtherFormat extends LowerCaseNames {
  readonly type: Open<'json_schema' | 'json_object' | 'text'>
  readonly jsonSchema?: NamedSchema | undefined
  readonly json_schema?: NamedSchema | undefined
  /** Stands in `jsonSchema`, beside its name: `{ type: 'json_schema', jsonSchema: { name: 'answer', schema } }`. */
  readonly schema?: never
}

export interface StreamOptions extends WireNames {
  /** Asks for the counts of tokens, in the last chunk. */
  readonly includeUsage?: boolean | undefined
  readonly includeObfuscation?: boolean | undefined
}

/** Numbers that are checked in the wire's own spelling too. */
export type WireNumbers = {
  readonly [name in
    | 'max_tokens'
    | 'max_completion_tokens'
    | 'top_p'
    | 'presence_penalty'
    | 'frequency_penalty'
    | 'top_logprobs']?: number | null | undefined
}

/** How likely a token was. */
interface TokenLogprob extends VendorFields {
  token: string
  logprob: number
  /** The token in UTF-8; a character may be spread over several tokens. */
  bytes?: number[] | null
  /** The likeliest tokens at this place, as many as `topLogprobs` asks for. */
  topLogprobs?: TokenLogprob[]
}

/** What `logprobs: true` asks for. */
export interface Logprobs extends VendorFields {
  content?: TokenLogprob[] | null
  refusal?: TokenLogprob[] | null
}

/** A source that the model's text cites. */
export interface Annotation extends VendorFields {
  type: Open<'url_citation'>
  urlCitation?: {
    url: string
    title: string
    startIndex: number
    endIndex: number
  } & VendorFields
}
