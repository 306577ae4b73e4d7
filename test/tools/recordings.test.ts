import { describe, expect, it } from 'vitest'
import {
  type AssistantMessage,
  createClient,
  streamTools,
  type ToolEvent,
  type ToolRun,
  tool,
} from '../../src/index.ts'
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

describe('streamTools', () => {
  it.each([
    ['DeepSeek', deepseek, 'call_00_x', 422, 'I should ask the tool.'],
    ['Mistral', mistral, 'gSIMJiOkT', 146, ''],
    ['a gateway to Mistral', incremental, 'chatcmpl-tool-9', 185, ''],
  ])('runs a call of %s, and sends what it thought back', async (_, chunks, id, tokens, thought) => {
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
    // The fold's own message goes back, under whichever name the fold keeps the thinking.
    const { role, content, toolCalls, ...rest } = run.messages[1] as AssistantMessage
    expect(JSON.stringify(Object.values(rest))).toContain(thought)
    expect(JSON.stringify(assistant)).toContain(thought)
  })
})
