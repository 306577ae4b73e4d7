import { describe, expect, it } from 'vitest'
import {
  type ChatCompletion,
  createClient,
  type Message,
  streamTools,
  type ToolCall,
  type ToolEvent,
  type ToolRun,
  tool,
} from '../../src/index.ts'
import { DIALECTS } from '../fixtures/dialects.ts'
import { drain, sse } from '../support/frames.ts'

// The shapes are those of recorded answers of these services; the words are ours.

const head = { id: 'a1', object: 'chat.completion.chunk', created: 1, model: 'm' }

/** DeepSeek: thinking first, then the pieces of one call, the usage in the last chunk. */
const deepseek = (() => {
  const chunk = (delta: object, finish: string | null = null, usage: object | null = null) => {
    return { ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], usage }
  }
  const piece = (args: string, more = {}) =>
    chunk({
      tool_calls: [
        { index: 0, ...more, function: { ...('id' in more && { name: 'weather' }), arguments: args } },
      ],
    })
  return [
    chunk({ role: 'assistant', content: null, reasoning_content: '' }),
    ...['I', ' should', ' ask', ' the', ' tool.'].map(text =>
      chunk({ content: null, reasoning_content: text }),
    ),
    piece('', { id: 'call_00_x', type: 'function' }),
    ...['{"', 'location', '":', ' "', 'Rome', '"}'].map(args => piece(args)),
    chunk({ content: '', reasoning_content: null }, 'tool_calls', {
      prompt_tokens: 339,
      completion_tokens: 83,
      total_tokens: 422,
      prompt_tokens_details: { cached_tokens: 320 },
      completion_tokens_details: { reasoning_tokens: 39 },
      prompt_cache_hit_tokens: 320,
    }),
  ]
})()

/** Mistral: the whole call in one chunk, without index and type, the reason to finish beside it. */
const mistral = [
  { ...head, choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] },
  {
    ...head,
    choices: [
      {
        index: 0,
        delta: {
          content: null,
          tool_calls: [{ id: 'gSIMJiOkT', function: { name: 'weather', arguments: '{"location": "Rome"}' } }],
        },
        finish_reason: 'tool_calls',
      },
    ],
    usage: { prompt_tokens: 124, total_tokens: 146, completion_tokens: 22 },
  },
]

/** Mistral's thinking models: parts of the content, and then a call. */
const thinking = (() => {
  const chunk = (delta: object, finish: string | null = null) => {
    return { ...head, choices: [{ index: 0, delta, finish_reason: finish }] }
  }
  const think = (text: string) =>
    chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text }] }] })
  return [
    chunk({ role: 'assistant', content: '' }),
    ...['I should', ' ask.'].map(think),
    {
      ...chunk(
        {
          tool_calls: [
            { id: 'mT3', function: { name: 'weather', arguments: '{"location": "Rome"}' }, index: 0 },
          ],
        },
        'tool_calls',
      ),
      usage: { prompt_tokens: 90, completion_tokens: 30, total_tokens: 120 },
    },
  ]
})()

/** A gateway to Mistral: an empty name with every piece but the first, an index in the delta, too. */
const incremental = (() => {
  const chunk = (delta: object, finish: string | null = null, usage = {}) => {
    return {
      ...head,
      choices: [{ index: 0, delta: { ...delta, index: 0, content: '' }, finish_reason: finish }],
      ...usage,
    }
  }
  const piece = (call: object) => chunk({ tool_calls: [{ type: 'function', ...call, index: 0 }] })
  return [
    piece({ id: 'chatcmpl-tool-9', function: { name: 'weather', arguments: '' } }),
    piece({ function: { name: '', arguments: '{"location": "Rome"}' } }),
    chunk({}, 'tool_calls', { usage: { prompt_tokens: 171, total_tokens: 185, completion_tokens: 14 } }),
  ]
})()

const answer = [
  {
    ...head,
    choices: [{ index: 0, delta: { role: 'assistant', content: 'Sunny.' }, finish_reason: 'stop' }],
  },
]

const weather = tool<{ location: string }>({
  name: 'weather',
  parameters: { type: 'object', properties: { location: { type: 'string' } } },
  execute: ({ location }) => `sun in ${location}`,
})

/** The calls of functions: a custom tool's are the caller's to run. */
const callsIn = (completion: object): readonly ToolCall[] =>
  ((completion as ChatCompletion).choices[0].message.toolCalls ?? []).filter(call => call.function)

describe('streamTools', () => {
  it.each([
    [
      'DeepSeek',
      deepseek,
      'call_00_x',
      422,
      'I should ask the tool.',
      { reasoning_content: 'I should ask the tool.' },
    ],
    ['Mistral', mistral, 'gSIMJiOkT', 146, '', {}],
    [
      'a thinking Mistral',
      thinking,
      'mT3',
      120,
      'I should ask.',
      { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'I should ask.' }] }] },
    ],
    ['a gateway to Mistral', incremental, 'chatcmpl-tool-9', 185, '', {}],
  ])('runs a call of %s, and sends what it thought back as it came', async (...row) => {
    const [, chunks, id, tokens, thought, sent] = row
    // biome-ignore lint/suspicious/noExplicitAny: in the names of the wire
    const requests: any[] = []
    const client = createClient({
      async fetch(_url, { body }) {
        requests.push(JSON.parse(String(body)))
        return new Response(sse(...(requests.length > 1 ? answer : chunks), '[DONE]'))
      },
    })
    const { values, error } = await drain<ToolEvent>(
      streamTools(client, { model: 'm', messages: [{ role: 'user', content: 'Rome?' }], tools: [weather] }),
    )
    expect(error).toBeUndefined()
    const thinking = values.flatMap(event => (event.type === 'reasoning' ? [event.delta] : []))
    expect(thinking.join('')).toBe(thought)
    const { run } = values.at(-1) as { run: ToolRun }
    expect(run).toMatchObject({ stopped: 'answer', text: 'Sunny.', usage: { totalTokens: tokens } })
    const [, assistant, result] = requests[1].messages
    expect(assistant.tool_calls).toMatchObject([
      { id, type: 'function', function: { name: 'weather', arguments: '{"location": "Rome"}' } },
    ])
    expect(result).toEqual({ role: 'tool', tool_call_id: id, content: 'sun in Rome' })
    // DeepSeek refuses a conversation with tools that lacks it, Mistral any other name for it.
    expect(assistant).toMatchObject(sent)
  })

  it.each(DIALECTS.filter(({ error, completion }) => !error && callsIn(completion).length))(
    'goes on with the calls of $name',
    async ({ events, completion, sent }) => {
      const names = callsIn(completion).map(({ function: { name } }) => name)
      const ran: string[] = []
      const tools = [...new Set(names)].map(name =>
        tool({ name, execute: (_, { call }) => `${ran.push(call.id)} of ${name}` }),
      )
      // biome-ignore lint/suspicious/noExplicitAny: in the names of the wire
      const requests: any[] = []
      const client = createClient({
        async fetch(_url, { body }) {
          requests.push(JSON.parse(String(body)))
          const text = events.map(each => (typeof each === 'string' ? each : sse(each))).join('')
          return new Response(requests.length > 1 ? sse(...answer, '[DONE]') : text)
        },
      })
      const messages: Message[] = [{ role: 'user', content: 'Go.' }]
      const { values, error } = await drain<ToolEvent>(streamTools(client, { model: 'm', messages, tools }))
      expect(error).toBeUndefined()
      expect((values.at(-1) as { run: ToolRun }).run.stopped).toBe('answer')
      expect(ran.toSorted()).toEqual(
        callsIn(completion)
          .map(({ id }) => id)
          .toSorted(),
      )
      const [, assistant, ...results] = requests[1].messages
      expect(results.map(({ tool_call_id: id }: { tool_call_id: string }) => id)).toEqual(
        callsIn(completion).map(({ id }) => id),
      )
      if (sent) expect(assistant).toEqual(sent)
      expect(assistant.tool_calls.map(({ id }: { id: string }) => id)).toEqual(
        callsIn(completion).map(({ id }) => id),
      )
    },
  )
})
