import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type ChatCompletionRequest,
  type Client,
  collectText,
  createChatCompletion,
  createEmbedding,
  endpoint,
  type Fetch,
  streamChatCompletion,
} from '../../src/index.ts'
import { type ContentOptions, messageContent, otel } from '../../src/otel/index.ts'
import { createFakeFetch } from '../../src/testing/index.ts'
import { chatRequest, clientOf, completion, json } from '../client/harness.ts'
import { expectConventional, type Recording, recording } from './recording.ts'

let kept: Recording
beforeEach(() => {
  kept = recording()
})
afterEach(() => expectConventional(kept))

function recorded(options: ContentOptions = {}, fetch: Fetch = createFakeFetch()): Client {
  return clientOf(fetch, { policies: [otel({ ...kept, content: messageContent(options) })] })
}

const read = (name: string) => JSON.parse((kept.spans[0]!.attributes[name] as string) ?? 'null')

const conversation: ChatCompletionRequest = {
  model: 'fake-small',
  messages: [
    { role: 'system', content: 'Be brief' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', imageUrl: { url: 'https://example.test/cat.png' } },
        { type: 'image_url', imageUrl: { url: 'data:image/png;base64,AAAA' } },
      ],
    },
    {
      role: 'assistant',
      content: null,
      toolCalls: [{ id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"at":"cat"}' } }],
    },
    { role: 'tool', toolCallId: 'call_1', content: 'a cat' },
  ],
  tools: [
    { type: 'function', function: { name: 'look', description: 'Looks', parameters: { type: 'object' } } },
  ],
}

describe('messageContent', () => {
  it('writes a conversation in the shape of the conventions, without the data of an image', async () => {
    await createChatCompletion(
      recorded({}, async () => json(completion)),
      conversation,
    )
    expect(read('gen_ai.input.messages')).toEqual([
      { role: 'system', parts: [{ type: 'text', content: 'Be brief' }] },
      {
        role: 'user',
        parts: [
          { type: 'text', content: 'What is this?' },
          { type: 'uri', modality: 'image', uri: 'https://example.test/cat.png' },
          { type: 'image_url' },
        ],
      },
      {
        role: 'assistant',
        parts: [{ type: 'tool_call', id: 'call_1', name: 'look', arguments: { at: 'cat' } }],
      },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call_1', response: 'a cat' }] },
    ])
    expect(read('gen_ai.output.messages')).toEqual([
      { role: 'assistant', parts: [{ type: 'text', content: 'Hello' }] },
    ])
    expect(read('gen_ai.tool.definitions')).toEqual([
      { type: 'function', name: 'look', description: 'Looks' },
    ])
  })

  it('puts a stream together', async () => {
    const text = await collectText(streamChatCompletion(recorded(), chatRequest))
    expect(read('gen_ai.output.messages')).toEqual([
      { role: 'assistant', parts: [{ type: 'text', content: text }] },
    ])
  })

  it('keeps what arrived of a stream that was left', async () => {
    let text = ''
    for await (const { choices } of streamChatCompletion(recorded(), chatRequest)) {
      text += choices[0]?.delta.content ?? ''
      if (text) break
    }
    expect(read('gen_ai.output.messages')[0].parts).toEqual([{ type: 'text', content: text }])
  })

  it('tells thinking from what is said', async () => {
    const message = { role: 'assistant', content: '4', reasoning_content: '2 and 2' }
    const answer = { ...completion, choices: [{ index: 0, message, finish_reason: 'stop' }] }
    await createChatCompletion(
      recorded({}, async () => json(answer)),
      chatRequest,
    )
    expect(read('gen_ai.output.messages')[0].parts).toEqual([
      { type: 'reasoning', content: '2 and 2' },
      { type: 'text', content: '4' },
    ])
  })

  it('reads the Responses API', async () => {
    const create = endpoint<object, object>('createResponse', 'POST /responses')
    const output = [
      { type: 'reasoning', id: 'r', summary: [{ type: 'summary_text', text: 'Thinking' }] },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hello' }] },
      { type: 'function_call', call_id: 'c', name: 'look', arguments: '{' },
      { type: 'web_search_call', id: 'w' },
    ]
    const client = recorded({}, async () => json({ id: 'resp_1', object: 'response', output }))
    await create(client, {
      model: 'gpt-5',
      instructions: 'Be brief',
      input: [
        { role: 'user', content: 'Hi' },
        { type: 'function_call_output', call_id: 'c', output: 'a cat' },
      ],
    })
    expect(read('gen_ai.system_instructions')).toEqual([{ type: 'text', content: 'Be brief' }])
    expect(read('gen_ai.input.messages')).toEqual([
      { role: 'user', parts: [{ type: 'text', content: 'Hi' }] },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c', response: 'a cat' }] },
    ])
    expect(read('gen_ai.output.messages')).toEqual([
      { role: 'assistant', parts: [{ type: 'reasoning', content: 'Thinking' }] },
      { role: 'assistant', parts: [{ type: 'text', content: 'Hello' }] },
      { role: 'assistant', parts: [{ type: 'tool_call', id: 'c', name: 'look', arguments: '{' }] },
      { role: 'assistant', parts: [{ type: 'web_search_call' }] },
    ])
  })

  it('keeps the latest within its length', async () => {
    const messages = [
      { role: 'user' as const, content: 'old '.repeat(10) },
      { role: 'user' as const, content: 'new' },
    ]
    await createChatCompletion(
      recorded({ maxChars: 7 }, async () => json(completion)),
      { ...chatRequest, messages },
    )
    expect(read('gen_ai.input.messages')).toEqual([
      { role: 'user', parts: [{ type: 'text', content: 'old ' }] },
      { role: 'user', parts: [{ type: 'text', content: 'new' }] },
    ])
  })

  it('records what is left of a text after `redact`, and nothing where that throws', async () => {
    const redact = (text: string) => text.replace('Ada', '…')
    await createChatCompletion(recorded({ redact }), chatRequest)
    expect(JSON.stringify(kept.spans)).not.toContain('Ada')
    expect(read('gen_ai.input.messages')[0].parts[0].content).toBe('Say hello to …')
    const broken = () => {
      throw new Error('no')
    }
    await createChatCompletion(recorded({ redact: broken }), chatRequest)
    expect(kept.spans[1]!.attributes).not.toHaveProperty(['gen_ai.input.messages'])
    expect(kept.spans[1]!.ends).toBe(1)
  })
})

it('leaves an embedding without an answer to record', async () => {
  const content = messageContent()
  const client = clientOf(createFakeFetch(), {
    policies: [otel({ ...kept, content, attributes: () => ({}) })],
  })
  await createEmbedding(client, { model: 'fake-embed', input: ['a', 'b'] })
  const { attributes } = kept.spans[0]!
  expect(JSON.parse(attributes['gen_ai.input.messages'] as string)).toHaveLength(2)
  expect(attributes).not.toHaveProperty(['gen_ai.output.messages'])
  // The conventions have no such attribute for embeddings.
  delete attributes['gen_ai.input.messages']
})
