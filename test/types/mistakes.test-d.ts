import {
  type ChatCompletion,
  type ChatCompletionChunk,
  type Client,
  chat,
  createChatCompletion,
  createClient,
  createEmbedding,
  type EmbeddingResponse,
  endpoint,
  type LLMClient,
  listModels,
  retry,
  streamChatCompletion,
  timeout,
} from '../../src/index.ts'

declare const client: Client
declare const llm: LLMClient
declare const completion: ChatCompletion
declare const chunk: ChatCompletionChunk
declare const vectors: EmbeddingResponse
declare function write(text: string): void

const messages = [{ role: 'user' as const, content: 'Hi' }]
const ask = (request: Parameters<typeof createChatCompletion>[1]) => createChatCompletion(client, request)
const embed = (request: Parameters<typeof createEmbedding>[1]) => createEmbedding(client, request)
const say = (part: NonNullable<Parameters<ReturnType<typeof chat>['user']>[0]>) => chat(client).user(part)

// A request: names that no service knows.
// @ts-expect-error maxTokens
ask({ model: 'm', messages, maxToken: 5 })
// @ts-expect-error maxTokens
ask({ model: 'm', messages, maxOutputTokens: 5 })
// @ts-expect-error a message of role `system`
ask({ model: 'm', messages, system: 'You are terse.' })
// @ts-expect-error maxTokens
llm.chat.completions.create({ model: 'm', messages, maxToken: 5 })
// @ts-expect-error maxTokens
llm.chat.completions.stream({ model: 'm', messages, maxToken: 5 })
// @ts-expect-error maxTokens
streamChatCompletion(client, { model: 'm', messages, maxToken: 5 })
// @ts-expect-error maxTokens
chat(client).set({ maxToken: 5 })
// @ts-expect-error dimensions
embed({ model: 'm', input: 'x', dimension: 5 })
// @ts-expect-error input
embed({ model: 'm', inputs: ['x'] })

// A request: values of another kind, in either spelling.
// @ts-expect-error a number
ask({ model: 'm', messages, maxTokens: 'five' })
// @ts-expect-error a number
ask({ model: 'm', messages, max_tokens: 'five' })
// @ts-expect-error a number
ask({ model: 'm', messages, top_p: '1' })
// @ts-expect-error a list of messages
ask({ model: 'm', messages: 'Hi' })

// A request: options of the call.
const { signal } = new AbortController()
// @ts-expect-error
ask({ model: 'm', messages, signal })
// @ts-expect-error
ask({ model: 'm', messages, timeout: 5 })
// @ts-expect-error
ask({ model: 'm', messages, headers: { 'x-key': 'secret' } })
// @ts-expect-error
ask({ model: 'm', messages, maxRetries: 2 })
// @ts-expect-error
ask({ model: 'm', messages, idempotencyKey: 'k' })
// @ts-expect-error
ask({ model: 'm', messages, extraBody: { a: 1 } })
// @ts-expect-error
embed({ model: 'm', input: 'x', signal })
// @ts-expect-error
embed({ model: 'm', input: 'x', headers: { 'x-key': 'secret' } })
// @ts-expect-error
chat(client).set({ timeout: 5 })
// @ts-expect-error
llm.embeddings.create({ model: 'm', input: 'x', maxRetries: 2 })
const kept = { model: 'm', messages, timeout: 5 }
// @ts-expect-error not in one that was written down elsewhere, either
ask(kept)

// Options of a call and a client.
// @ts-expect-error signal
createChatCompletion(client, { model: 'm', messages }, { abortSignal: signal })
// @ts-expect-error maxRetries
retry({ retries: 3 })
// @ts-expect-error headers, firstEvent, idle, total
timeout({ connect: 3 })
// @ts-expect-error baseUrl
createClient({ baseURL: 'https://api.test' })
// @ts-expect-error policies
createClient({ retry: 3 })
// @ts-expect-error called: retry()
createClient({ policies: [retry] })
// @ts-expect-error a list: [retry()]
createClient({ policies: retry() })
// @ts-expect-error the client comes first
createChatCompletion({ model: 'm', messages })
// @ts-expect-error the client comes first
createChatCompletion({ model: 'm', messages }, client)

// A route.
// @ts-expect-error with a method
endpoint('rerank', '/rerank')
// @ts-expect-error in capitals
endpoint('rerank', 'post /rerank')
// @ts-expect-error from the root
endpoint('rerank', 'POST rerank')

// Parts, formats and choices.
// @ts-expect-error imageUrl
say([{ type: 'image_url', imageURL: { url: 'data:' } }])
// @ts-expect-error an object with a url
say([{ type: 'image_url', imageUrl: 'data:' }])
// @ts-expect-error an object with a url
say([{ type: 'image_url', image_url: 'data:' }])
// @ts-expect-error a text
say([{ type: 'text', text: 5 }])
// @ts-expect-error fileData
say([{ type: 'file', file: { data: 'data:' } }])
// @ts-expect-error in jsonSchema
ask({ model: 'm', messages, responseFormat: { type: 'json_schema', schema: {} } })
// @ts-expect-error with a name
ask({ model: 'm', messages, responseFormat: { type: 'json_schema', jsonSchema: { schema: {} } } })
// @ts-expect-error a format is an object
ask({ model: 'm', messages, responseFormat: 'json_object' })
// @ts-expect-error 'required'
ask({ model: 'm', messages, toolChoice: 'any' })
// @ts-expect-error in `function`
ask({ model: 'm', messages, tools: [{ type: 'function', name: 'f', parameters: {} }] })
// @ts-expect-error a role that there is
ask({ model: 'm', messages: [{ role: 'usr', content: 'Hi' }] })
// @ts-expect-error content
ask({ model: 'm', messages: [{ role: 'user' }] })
// @ts-expect-error toolCallId
ask({ model: 'm', messages: [{ role: 'tool', content: 'x' }] })
// @ts-expect-error toolCallId
ask({ model: 'm', messages: [{ role: 'tool', content: 'x', toolCallID: 'id' }] })

// An answer in snake_case.
const [choice] = completion.choices
const { delta } = chunk.choices[0]!
// @ts-expect-error finishReason
if (choice.finish_reason === 'length') write('cut')
// @ts-expect-error promptTokens
const used: number = completion.usage!.prompt_tokens
// @ts-expect-error totalTokens
if (completion.usage!.total_tokens > 100) write('long')
// @ts-expect-error totalTokens
write(`${completion.usage!.total_tokens} tokens`)
// @ts-expect-error toolCalls
if (choice.message.tool_calls?.length) write('calls')
// @ts-expect-error toolCalls
for (const call of choice.message.tool_calls ?? []) write(call.id)
// @ts-expect-error reasoningContent
write(delta.reasoning_content ?? '')
let thought = ''
// @ts-expect-error reasoningContent
thought += delta.reasoning_content ?? ''
// @ts-expect-error totalTokens
if (vectors.usage!.total_tokens > 100) write('long')
// @ts-expect-error ownedBy
write((await listModels(client)).data[0]!.owned_by)
// @ts-expect-error 'tool_calls'
if (choice.finishReason === 'tool_call') write('calls')
// @ts-expect-error 'tool_calls'
if (chunk.choices[0]!.finishReason === 'toolCalls') write('calls')

// A promise, and a stream.
// @ts-expect-error await
createChatCompletion(client, { model: 'm', messages }).choices
// @ts-expect-error streamChatCompletion
for await (const _ of createChatCompletion(client, { model: 'm', messages }));

export { thought, used }
