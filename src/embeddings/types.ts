import type { NoOptions, Open, VendorFields, WireNames } from '../client/shapes.ts'

/** @see https://platform.openai.com/docs/api-reference/embeddings/create */
export interface EmbeddingRequest extends WireNames, NoOptions {
  readonly model: string
  /** One text, several, or the same as tokens. Not empty. */
  readonly input: string | readonly string[] | readonly number[] | readonly (readonly number[])[]
  /** The length of the vectors, at least 1, where the model can choose. */
  readonly dimensions?: number | null | undefined
  /** How the vectors travel. They arrive as numbers either way; base64 is smaller. @default 'float' */
  readonly encodingFormat?: 'float' | 'base64' | undefined
  readonly user?: string | undefined
}

export interface Embedding extends VendorFields {
  object: Open<'embedding'>
  /** The place of its text in `input`. */
  index: number
  embedding: number[]
}

export interface EmbeddingResponse extends VendorFields {
  object: Open<'list'>
  /** One for each input, in the order of the inputs. */
  data: Embedding[]
  model: string
  usage?: ({ promptTokens: number; totalTokens: number } & VendorFields) | null
}
