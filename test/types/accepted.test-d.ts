import { expectTypeOf } from 'vitest'
import {
  type AssistantMessage,
  type ChatCompletion,
  type ChatCompletionChunk,
  type ChatCompletionRequest,
  type Client,
  type ContentPart,
  chat,
  createChatCompletion,
  createEmbedding,
  type FinishReason,
  isLLMError,
  type Message,
  type Model,
  type ResponseFormat,
  type ToolChoice,
} from '../../src/index.ts'

declare const client: Client
declare const completion: ChatCompletion
declare const chunk: ChatCompletionChunk
declare const model: Model
declare const error: unknown

const messages: Message[] = [{ role: 'user', content: 'Hi' }]

// Names of the wire, and those that are newer than these types.
createChatCompletion(client, { model: 'm', messages, max_tokens: 5, top_k: 40, min_p: 0.1, guided_json: {} })
createChatCompletion(client, { model: 'm', messages }, { extraBody: { thinking: { type: 'enabled' } } })
createChatCompletion(client, { model: 'm', messages, stream_options: { include_usage: true } })
createEmbedding(client, { model: 'm', input: ['a'], input_type: 'query', output_dtype: 'int8' })
chat(client).set({ top_k: 40, maxTokens: 5, seed: null })

// Options that are not set.
const unset: { signal?: never; timeout?: never } = {}
createChatCompletion(client, { model: 'm', messages, ...unset })

// A request of one's own type, read-only or not.
const request = { model: 'm', messages, temperature: 1 }
expectTypeOf(request).toExtend<ChatCompletionRequest>()
const frozen = { model: 'm', messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] } as const
expectTypeOf(frozen).toExtend<ChatCompletionRequest>()

// Maps of the user's own may be of any type, of an interface too.
interface JSONSchema7 {
  type?: string
  properties?: { [key: string]: JSONSchema7 }
}
interface Tags {
  userId: string
}
declare const schema: JSONSchema7
declare const tags: Tags
createChatCompletion(client, {
  model: 'm',
  messages,
  metadata: tags,
  tools: [{ type: 'function', function: { name: 'f', parameters: schema } }],
  responseFormat: { type: 'json_schema', jsonSchema: { name: 'n', schema } },
})
createChatCompletion(client, { model: 'm', messages }, { extraBody: schema })

// Parts, formats and choices of a service's own, in the wire's spelling, and of a type of one's own.
interface Picture {
  type: 'image_url'
  imageUrl: { url: string }
}
declare const picture: Picture
const parts: ContentPart[] = [
  picture,
  { type: 'text', text: 'x', cache_control: { type: 'ephemeral' } },
  { type: 'image_url', image_url: { url: 'data:,', detail: 'max' } },
  { type: 'file', file: { file_id: 'f' } },
  { type: 'video_url', video_url: { url: 'https://a.test/v.mp4' } },
  { type: 'document', document: { data: [] } },
]
const formats: ResponseFormat[] = [
  { type: 'json_object' },
  { type: 'json_object', schema },
  { type: 'json_schema', json_schema: { name: 'n', schema } },
  { type: 'grammar', value: 'root ::= "yes"' },
]
const choices: ToolChoice[] = [
  'required',
  { type: 'function', function: { name: 'f' } },
  { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } },
  { type: 'tool', name: 'f' },
]
createChatCompletion(client, {
  model: 'm',
  messages: [{ role: 'user', content: parts }],
  responseFormat: formats[0],
  toolChoice: choices[0],
})

// Messages in either spelling, with a service's own members.
const history: Message[] = [
  { role: 'assistant', content: null, tool_calls: [{ id: 'c', function: {} }], reasoning_content: 'Hm' },
  { role: 'tool', content: 'x', tool_call_id: 'c' },
  { role: 'assistant', toolCalls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }] },
  { role: 'tool', content: 'x', toolCallId: 'c' },
  { role: 'assistant', content: '{', prefix: true },
  completion.choices[0].message,
  { ...completion.choices[0].message, content: 'changed' },
]
createChatCompletion(client, { model: 'm', messages: history })
expectTypeOf(completion.choices[0].message).toExtend<AssistantMessage>()

// Messages and tools of an interface of one's own, as state of a page or rows of a database are.
interface Turn {
  role: 'user' | 'assistant' | 'system'
  content: string
}
interface Row extends Turn {
  id: number
}
interface Declared {
  type: 'function'
  function: { name: string; description: string; parameters: object }
}
declare const turns: Turn[]
declare const row: Row
declare const declared: Declared[]
createChatCompletion(client, { model: 'm', messages: turns, tools: declared })
createChatCompletion(client, { model: 'm', messages: [...turns, row, { role: 'user', content: 'x' }] })
chat(client).messages(turns).message(row).tools(declared)

// An answer: what is listed, thinking, and a vendor's own.
expectTypeOf(completion.choices[0].message.reasoning).toEqualTypeOf<string | null | undefined>()
expectTypeOf(chunk.choices[0]!.delta.reasoningContent).toEqualTypeOf<string | null | undefined>()
expectTypeOf(completion.provider).toEqualTypeOf<unknown>()
expectTypeOf(completion.choices[0].message.images).toEqualTypeOf<unknown>()
expectTypeOf(completion.systemFingerprint).toEqualTypeOf<string | null | undefined>()
expectTypeOf(completion.choices[0].message.annotations?.[0]?.urlCitation?.url).toEqualTypeOf<
  string | undefined
>()
expectTypeOf(completion.choices[0].logprobs?.content?.[0]?.topLogprobs?.[0]?.logprob).toEqualTypeOf<
  number | undefined
>()
expectTypeOf(chunk.choices[0]?.logprobs?.content?.[0]?.token).toEqualTypeOf<string | undefined>()
expectTypeOf(completion.usage?.promptTokensDetails?.cachedTokens).toEqualTypeOf<number | undefined>()
expectTypeOf(model.ownedBy).toEqualTypeOf<string | undefined>()
expectTypeOf(structuredClone(completion)).toEqualTypeOf<ChatCompletion>()
JSON.stringify({ ...completion, id: 'x' })

// A reason that is not listed.
const { finishReason } = completion.choices[0]
expectTypeOf(finishReason).toEqualTypeOf<FinishReason | null>()
if (finishReason === 'tool_calls' || (finishReason as string) === 'a new reason') finishReason?.toUpperCase()

// What had arrived when a call failed.
if (isLLMError(error)) {
  expectTypeOf(error.partial?.choices?.[0]?.message.content).toEqualTypeOf<string | null | undefined>()
  expectTypeOf(error.partial?.usage?.totalTokens).toEqualTypeOf<number | undefined>()
}
