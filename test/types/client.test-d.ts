import { expectTypeOf } from 'vitest'
import {
  type ChatCompletion,
  type ChatCompletionChunk,
  type ChatCompletionRequest,
  type Client,
  compose,
  createChatCompletion,
  createClient,
  createEmbedding,
  type EmbeddingResponse,
  type EventStream,
  type Fetch,
  finalCompletion,
  listModels,
  type Message,
  type ModelList,
  type Policy,
  retry,
  streamChatCompletion,
  timeout,
  validateRequest,
  type WithResponse,
} from '../../src/index.ts'

declare const client: Client
const messages: Message[] = [{ role: 'user', content: 'Hi' }]

// A response is read without a guard where the API promises it.
const completion = await createChatCompletion(client, { model: 'm', messages })
expectTypeOf(completion).toEqualTypeOf<ChatCompletion>()
expectTypeOf(completion.choices[0].message.content).toEqualTypeOf<string | null>()
expectTypeOf(completion.choices[1]?.index).toEqualTypeOf<number | undefined>()
expectTypeOf(completion.usage?.totalTokens).toEqualTypeOf<number | undefined>()
expectTypeOf(completion.somethingNew).toEqualTypeOf<unknown>()
expectTypeOf(completion.choices[0].message.toolCalls?.[0]?.function.arguments).toEqualTypeOf<
  string | undefined
>()

// Known reasons complete.
const { finishReason } = completion.choices[0]
if (finishReason === 'stop') expectTypeOf(finishReason).toExtend<string>()
expectTypeOf(finishReason).toExtend<string | null>()

expectTypeOf(createChatCompletion(client, { model: 'm', messages }).withResponse()).toEqualTypeOf<
  Promise<WithResponse<ChatCompletion>>
>()
expectTypeOf(streamChatCompletion(client, { model: 'm', messages })).toEqualTypeOf<
  EventStream<ChatCompletionChunk>
>()
expectTypeOf(
  finalCompletion(streamChatCompletion(client, { model: 'm', messages })),
).resolves.toEqualTypeOf<ChatCompletion>()
expectTypeOf(
  createEmbedding(client, { model: 'm', input: ['a'] }),
).resolves.toEqualTypeOf<EmbeddingResponse>()
expectTypeOf(listModels(client)).resolves.toEqualTypeOf<ModelList>()

// A response's message is a message of a request.
expectTypeOf(completion.choices[0].message).toExtend<Message>()

// Values may be read-only, undefined where they may be left out, and in either spelling.
const request = {
  model: 'm',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }],
  temperature: undefined,
  max_tokens: 5,
  stop: ['a'],
  vendorThing: { a: 1 },
} as const
expectTypeOf(request).toExtend<ChatCompletionRequest>()
createChatCompletion(client, request, {
  headers: { 'x-a': null, 'x-b': undefined },
  signal: null,
  timeout: { idle: 5 },
})

// @ts-expect-error a request has a model
createChatCompletion(client, { messages })
// @ts-expect-error and messages
createChatCompletion(client, { model: 'm' })
// @ts-expect-error whose content is a text or parts
createChatCompletion(client, { model: 'm', messages: [{ role: 'user', content: 5 }] })
// @ts-expect-error a temperature is a number
createChatCompletion(client, { model: 'm', messages, temperature: '1' })
// @ts-expect-error a tool's answer names its call
createChatCompletion(client, { model: 'm', messages: [{ role: 'tool', content: 'x' }] })

// A client is read-only.
// @ts-expect-error
client.baseUrl = 'https://evil.test'
createClient({ validate: validateRequest, apiKey: async () => 'key', policies: [retry(), timeout(5)] })

// Every policy is a decorator of fetch, the platform's too.
expectTypeOf(retry()).toExtend<Policy>()
expectTypeOf(timeout({ total: 5 })).toExtend<Policy>()
expectTypeOf(retry()(fetch)).toExtend<typeof fetch>()
expectTypeOf(timeout(5)(fetch)).toExtend<typeof fetch>()
expectTypeOf(compose(retry(), timeout(5))).toEqualTypeOf<Policy>()
expectTypeOf<typeof fetch>().toExtend<Fetch>()
expectTypeOf(retry()(fetch)('https://api.test', {})).resolves.toEqualTypeOf<Response>()
const own: Policy = next => async (url, init) => {
  expectTypeOf(url).toEqualTypeOf<string>()
  expectTypeOf(init.call?.operation).toEqualTypeOf<string | undefined>()
  return next(url, init)
}
compose(own)
