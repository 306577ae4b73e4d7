import { describe, expect, it, vi } from 'vitest'
import {
  type ChatCompletion,
  createChatCompletion,
  type Fetch,
  finalCompletion,
  type Message,
  RateLimitError,
  type ResponseMessage,
  reasoningText,
  ServerError,
  streamChatCompletion,
} from '../../src/index.ts'
import { chatRequest, clientOf, completion, failureOf, json } from '../client/harness.ts'
import { bodyOf, bytesOf, chunk, STOP, sse, streamOf } from '../support/frames.ts'

/** What each way of asking makes of a message that a service sends. */
const VIEWS: readonly (readonly [name: string, ask: (message: object) => Promise<ChatCompletion>])[] = [
  [
    'a plain answer',
    message =>
      createChatCompletion(
        clientOf(async () => json({ choices: [{ index: 0, message, finish_reason: 'stop' }] })),
        chatRequest,
      ),
  ],
  ['a stream of one delta', message => finalCompletion(streamOf(sse(chunk(message), STOP, '[DONE]')))],
  [
    'a whole answer to a stream',
    message =>
      finalCompletion(streamOf(JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }] }))),
  ],
  [
    'a chunk alone in answer to a stream',
    message =>
      finalCompletion(
        streamOf(JSON.stringify({ choices: [{ index: 0, delta: message, finish_reason: 'stop' }] })),
      ),
  ],
]

/** A message as it stands in the body of the next request. */
async function sentBack(message: Message): Promise<object> {
  const fetch = vi.fn<Fetch>(async () => json(completion))
  await createChatCompletion(clientOf(fetch), { model: 'm', messages: [message] })
  return JSON.parse(fetch.mock.calls[0]![1].body as string).messages[0]
}

/** A message whose content is a text: whether a number goes back as one makes no difference. */
function asText(message: object): object {
  const { content } = message as { content?: unknown }
  return typeof content === 'number' ? { ...message, content: `${content}` } : message
}

const call = (more: object): object => ({ id: 'c', type: 'function', ...more })

interface Quirk {
  readonly name: string
  /** On the wire, without its role. */
  readonly message: object
  readonly content: string | null
  readonly reasoning?: string
  /** The arguments of its calls. */
  readonly args?: readonly string[]
  /** What goes back, where it is not what came. */
  readonly sent?: object
}

const QUIRKS: readonly Quirk[] = [
  { name: 'a text', message: { content: 'Hi' }, content: 'Hi' },
  { name: 'a number (cloudflare/ai#651)', message: { content: 42 }, content: '42' },
  { name: 'the number 0', message: { content: 0 }, content: '0' },
  {
    name: 'an object that a schema asked for, its names as they are (midscene#1364)',
    message: { content: { user_id: 7, userName: 'Jo' } },
    content: '{"user_id":7,"userName":"Jo"}',
    sent: { content: '{"user_id":7,"userName":"Jo"}' },
  },
  {
    name: 'parts (Mistral)',
    message: {
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
        { type: 'text', text: 'Four' },
        { type: 'reference', reference_ids: [1, 2] },
        { type: 'text', text: '!' },
      ],
    },
    content: 'Four!',
    reasoning: 'Hm.',
  },
  {
    name: 'parts with a summary (Databricks, litellm#36931)',
    message: {
      content: [
        { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Think.' }] },
        { type: 'text', text: 'Fine' },
      ],
    },
    content: 'Fine',
    reasoning: 'Think.',
  },
  {
    name: 'thinking as reasoning_content (DeepSeek, Kimi: opencode#24722)',
    message: { content: 'Yes', reasoning_content: 'Why?' },
    content: 'Yes',
    reasoning: 'Why?',
  },
  {
    name: 'thinking as reasoning (OpenRouter, Groq)',
    message: { content: 'Yes', reasoning: 'Why?' },
    content: 'Yes',
    reasoning: 'Why?',
  },
  {
    name: 'thinking as reasoning_text, with what is opaque (Copilot, litellm#35021)',
    message: { content: 'Yes', reasoning_text: 'Why?', reasoning_opaque: 'b3Bh' },
    content: 'Yes',
    reasoning: 'Why?',
  },
  {
    name: 'thinking as details alone (agno#5802)',
    message: {
      content: 'Yes',
      reasoning_details: [
        { type: 'reasoning.text', text: 'Why', signature: 's', index: 0 },
        { type: 'reasoning.summary', summary: '?', index: 1 },
        { type: 'reasoning.encrypted', data: 'ZW5j', index: 2 },
      ],
    },
    content: 'Yes',
    reasoning: 'Why?',
  },
  {
    name: 'arguments as an object, whose names are the tool’s (text-generation-inference#2136)',
    message: {
      content: null,
      tool_calls: [call({ function: { name: 'f', arguments: { city_name: 'Oslo', postCode: 1 } } })],
    },
    content: null,
    args: ['{"city_name":"Oslo","postCode":1}'],
    sent: {
      tool_calls: [call({ function: { name: 'f', arguments: '{"city_name":"Oslo","postCode":1}' } })],
      content: null,
    },
  },
  {
    name: 'a call of a custom tool (openai-python#2530)',
    message: {
      content: null,
      tool_calls: [call({ type: 'custom', custom: { name: 'sql', input: 'SELECT 1' } })],
    },
    content: null,
  },
  {
    name: 'a signature in camelCase beside a call (pi#7745)',
    message: {
      content: null,
      tool_calls: [
        call({
          function: { name: 'f', arguments: '{}' },
          extra_content: { google: { thoughtSignature: 'c2ln' } },
        }),
      ],
    },
    content: null,
    args: ['{}'],
  },
]

describe.each(QUIRKS)(
  'a message with $name',
  ({ message, content, reasoning = '', args, sent = message }) => {
    it.each(VIEWS)('reads the same, and goes back as it came: %s', async (_, ask) => {
      const { choices } = await ask({ role: 'assistant', ...message })
      const read: ResponseMessage = choices[0].message
      expect([read.content, reasoningText(read)]).toEqual([content, reasoning])
      expect(read.toolCalls?.filter(one => one.function).map(one => one.function.arguments)).toEqual(
        args ?? (read.toolCalls && []),
      )
      expect(asText(await sentBack(read))).toEqual(asText({ role: 'assistant', ...sent }))
    })
  },
)

describe('a message that the caller has changed', () => {
  it('goes back as it is now', async () => {
    const parts = [{ type: 'text', text: 'Four' }]
    const { choices } = await VIEWS[0]![1]({ role: 'assistant', content: parts })
    const { message } = choices[0]
    expect(await sentBack({ ...message })).toEqual({ role: 'assistant', content: 'Four' })
    message.content = 'Five'
    expect(await sentBack(message)).toEqual({ role: 'assistant', content: 'Five' })
  })
})

describe('a choice that broke off', () => {
  const answer = (choice: object) => clientOf(async () => json({ choices: [{ index: 0, ...choice }] }))
  const half = { message: { role: 'assistant', content: 'Half' } }

  it('with an error of its own is that error in a whole answer (nodetool#5755)', async () => {
    const error = { code: 429, message: 'Slow down', metadata: { provider_name: 'x' } }
    for (const choice of [half, {}]) {
      const failed = await failureOf(
        createChatCompletion(answer({ ...choice, finish_reason: 'error', error }), chatRequest),
      )
      expect(failed).toBeInstanceOf(RateLimitError)
      expect(failed).toMatchObject({ status: 429, retryable: true })
      expect(failed.message).toMatch(/: 429 Slow down$/)
    }
  })

  it.each([
    'error',
    'abort',
    'aborted',
    'canceled',
    'cancelled',
    'timeout',
    'network_error',
    'overloaded_error',
    'api_error',
    'insufficient_system_resource',
    'insufficient_capacity',
    'ERROR',
  ])('by its reason is an error, with what had arrived: %s', async reason => {
    const plain = await failureOf(
      createChatCompletion(answer({ ...half, finish_reason: reason }), chatRequest),
    )
    const events = sse(chunk({ content: 'Half' }), chunk({}, reason), '[DONE]')
    const streamed = await failureOf(finalCompletion(streamOf(events)))
    for (const failed of [plain, streamed]) {
      expect(failed).toBeInstanceOf(ServerError)
      expect(failed).toMatchObject({ code: reason, retryable: true })
      expect(failed.partial.choices[0].message.content).toBe('Half')
    }
  })

  it.each([
    'stop',
    'length',
    'tool_calls',
    'content_filter',
    'sensitive',
    'eos',
    'time_limit',
    'errored',
    'ERROR_TOXIC',
  ])('it is not for the reason %s', async reason => {
    const plain = await createChatCompletion(answer({ ...half, finish_reason: reason }), chatRequest)
    const events = sse(chunk({ content: 'Half' }), chunk({}, reason))
    const streamed = await finalCompletion(streamOf(events))
    for (const { choices } of [plain, streamed])
      expect(choices[0]).toMatchObject({ message: { content: 'Half' }, finishReason: reason })
  })

  it('hands out the last of the text before its error', async () => {
    const last = { index: 0, delta: { content: ' more' }, finish_reason: 'error', error: { code: 502 } }
    const pieces: string[] = []
    const error = await failureOf(async () => {
      for await (const { choices } of streamOf(sse(chunk({ content: 'Half' }), { choices: [last] }, STOP)))
        pieces.push(choices[0]?.delta.content ?? '')
    })
    expect([pieces, error.status]).toEqual([['Half', ' more'], 502])
  })
})

describe('two kinds of stream on one client', () => {
  it('are read right, their events in turn', async () => {
    const plain = (text: string): object => chunk({ content: text })
    const routed = (text: string): object => ({
      ...chunk({ content: text, reasoning_details: [{ some_name: text }] }),
      native_finish_reason: null,
      x_vendor: { some_thing: text, inner_list: [{ a_b: 1 }] },
    })
    let kind = 0
    const client = clientOf(async () => {
      const make = kind++ % 2 ? routed : plain
      return new Response(
        bodyOf(['a', 'b', 'c'].map(text => bytesOf(sse(make(text)))).concat(bytesOf(sse(STOP)))).body,
      )
    })
    const iterators = [1, 2, 3, 4].map(() =>
      streamChatCompletion(client, chatRequest)[Symbol.asyncIterator](),
    )
    for (const text of ['a', 'b', 'c'])
      for (const [place, iterator] of iterators.entries()) {
        const { value } = await iterator.next()
        expect(value?.choices[0]?.delta).toEqual({
          content: text,
          ...(place % 2 && { reasoningDetails: [{ someName: text }] }),
        })
        expect(value?.xVendor).toEqual(place % 2 ? { someThing: text, innerList: [{ aB: 1 }] } : undefined)
      }
  })
})

it('blocks that Portkey sends in pieces are told apart by their index, which no whole answer has', async () => {
  const piece = (index: number, delta: object) => chunk({ content_blocks: [{ index, delta }] })
  const pieces = [
    piece(0, { data: 'AAA' }),
    piece(1, { data: 'BBB' }),
    piece(2, { text: 'On' }),
    piece(2, { text: 'e' }),
    piece(3, { text: 'Two' }),
  ]
  const fetch = async () => new Response(bytesOf(sse(...pieces, STOP)))
  const { choices } = await finalCompletion(streamChatCompletion(clientOf(fetch), chatRequest))
  expect(JSON.parse(JSON.stringify(choices[0].message)).contentBlocks).toEqual([
    { type: 'redacted_thinking', data: 'AAA' },
    { type: 'redacted_thinking', data: 'BBB' },
    { type: 'text', text: 'One' },
    { type: 'text', text: 'Two' },
  ])
})
