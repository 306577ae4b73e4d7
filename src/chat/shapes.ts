import type { LowerCaseNames, Open, WireNames } from '../client/shapes.ts'

/** An image, by its address or as a data URL; see `toDataURL`. */
export interface ImageURL {
  readonly url: string
  readonly detail?: Open<'auto' | 'low' | 'high'> | undefined
}

export interface InputAudio {
  /** In base64. */
  readonly data: string
  readonly format: Open<'wav' | 'mp3'>
}

/** A file, by its id or as a data URL; see `toDataURL`. */
export interface InputFile {
  readonly fileData?: string | undefined
  readonly file_data?: string | undefined
  readonly fileId?: string | undefined
  readonly file_id?: string | undefined
  readonly filename?: string | undefined
}

/** A part of another type, or in the wire's own spelling. What is known of a part is checked here too. */
export interface OtherPart extends LowerCaseNames {
  readonly type: Open<'text' | 'image_url' | 'input_audio' | 'file'>
  readonly text?: string | undefined
  readonly imageUrl?: ImageURL | undefined
  readonly image_url?: ImageURL | undefined
  readonly inputAudio?: InputAudio | undefined
  readonly input_audio?: InputAudio | undefined
  readonly file?: InputFile | undefined
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
