import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import {
  type ChatCompletion,
  createChatCompletion,
  type Fetch,
  finalCompletion,
  IncompleteStreamError,
  isLLMError,
  LLMError,
  type Message,
  ProtocolError,
  reasoningStream,
  reasoningText,
  type ToolCall,
} from '../../src/index.ts'
import { chatRequest, clientOf, completion, json } from '../client/harness.ts'
import type { DialectFixture } from '../fixtures/dialect.ts'
import { DIALECTS } from '../fixtures/dialects.ts'
import {
  bodyOf,
  bytesOf,
  chunk,
  drain,
  events,
  FRAMINGS,
  frame,
  outcome,
  STOP,
  sse,
  streamOf,
  toolChunk,
} from '../support/frames.ts'

const textsOf = (list: DialectFixture['events'], done: boolean): string[] => [
  ...list.map(each => (typeof each === 'string' ? each : sse(each))),
  ...(done ? events('[DONE]') : []),
]

const fold = (pieces: Iterable<unknown>) => outcome(finalCompletion(streamOf(bodyOf(pieces).body)))
const folded = (...list: readonly unknown[]) => finalCompletion(streamOf(sse(...list)))
const foldedOf = (n: number, ...list: readonly unknown[]) =>
  finalCompletion(streamOf(sse(...list), { extraBody: { n } }))
const messageOf = async (...list: readonly unknown[]) => (await folded(...list)).choices[0].message
const callsOf = async (...list: readonly unknown[]) => (await messageOf(...list)).toolCalls

/** A message as it stands in the body of the next request. */
async function wireOf(message: Message): Promise<unknown> {
  const fetch = vi.fn<Fetch>(async () => json(completion))
  await createChatCompletion(clientOf(fetch), { model: 'm', messages: [message] })
  return JSON.parse(fetch.mock.calls[0]![1].body as string).messages[0]
}

/** A value with its names in snake_case at every depth. */
function snake(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snake)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, child]) => [
    key.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`),
    snake(child),
  ])
  return Object.fromEntries(entries)
}

/** The arguments of a call, or the input of a custom tool. */
function argumentsOf(call: ToolCall): string {
  return call.function?.arguments ?? (call.custom as { input: string }).input
}

/** Holds that an answer, whole or cut, says no less than it claims to. */
function expectHonest(
  result: { value?: ChatCompletion; error?: unknown },
  { completion, reasoning = '' }: DialectFixture,
): void {
  const { value, error } = result
  const whole = completion as ChatCompletion
  if (value) {
    // The usage, and what else comes after the reason to finish, may be missing.
    expect(value.choices.map(({ message }) => message)).toEqual(whole.choices.map(({ message }) => message))
    expect(reasoningText(value.choices[0].message)).toBe(reasoning)
    if (value.usage) expect(value.usage.promptTokens).toEqual(whole.usage?.promptTokens)
    return
  }
  expect(isLLMError(error), String(error)).toBe(true)
  const { partial } = error as { partial: ChatCompletion }
  const [said, all] = [partial, whole].map(({ choices }) => choices[0]?.message)
  expect(`${all?.content ?? ''}`.startsWith(said?.content ?? '')).toBe(true)
  expect(reasoning.startsWith(said ? reasoningText(said) : '')).toBe(true)
  for (const [place, call] of (said?.toolCalls ?? []).entries())
    expect(argumentsOf(all!.toolCalls![place]!).startsWith(argumentsOf(call))).toBe(true)
}

describe('finalCompletion of one dialect', () => {
  it('B6 begins a call in the first chunk', async () => {
    const { events, completion } = DIALECTS.find(({ name }) => name.startsWith('qwen: role'))!
    expect(await fold(textsOf(events, true).map(bytesOf))).toEqual({ value: completion })
  })
})

describe.each(DIALECTS)('finalCompletion of $name', fixture => {
  const { completion, error, reasoning = '' } = fixture

  it.each(FRAMINGS)('folds %s, with and without [DONE]', async framing => {
    for (const done of [true, false]) {
      const result = await fold(frame(textsOf(fixture.events, done), framing))
      if (error) {
        expect(result.error).toBeInstanceOf(LLMError)
        const message = `POST service.test/v1/chat/completions: ${error.message}`
        expect(result.error).toMatchObject({ ...error, message, partial: completion })
        expect((result.error as LLMError).partial).toEqual(completion)
      } else {
        expect(result).toEqual({ value: completion })
        expect(reasoningText(result.value!.choices[0].message)).toBe(reasoning)
      }
    }
  })

  it('is honest at each cut between two events', async () => {
    const list = textsOf(fixture.events, true)
    for (let count = 0; count < list.length; count++)
      expectHonest(await fold(list.slice(0, count).map(bytesOf)), fixture)
  })

  it('is honest at any cut between two bytes', async () => {
    const bytes = bytesOf(textsOf(fixture.events, true).join(''))
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: bytes.length - 1 }),
        fc.integer({ min: 1, max: 400 }),
        async (end, size) => {
          const pieces = []
          for (let at = 0; at < end; at += size) pieces.push(bytes.slice(at, Math.min(end, at + size)))
          expectHonest(await fold(pieces), fixture)
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe.each(DIALECTS.filter(({ error }) => !error))('a folded message of $name', dialect => {
  const { events, completion, sent, reasoning = '' } = dialect

  it('goes back as the same service sends it in a whole answer', async () => {
    const { value } = await fold(textsOf(events, true).map(bytesOf))
    const { message } = value!.choices[0]
    expect(await wireOf(message)).toEqual(sent ?? snake((completion as ChatCompletion).choices[0].message))
  })

  it('is read alike from a whole answer', async () => {
    const [{ message }] = (completion as ChatCompletion).choices
    const said = sent ?? snake(message)
    const choices = [{ index: 0, message: said, finish_reason: 'stop' }]
    const whole = await createChatCompletion(
      clientOf(async () => json({ choices })),
      chatRequest,
    )
    expect(whole.choices[0].message.content).toBe(message.content)
    expect(whole.choices[0].message.toolCalls).toEqual(message.toolCalls)
    expect(reasoningText(whole.choices[0].message)).toBe(reasoning)
    expect(await wireOf(whole.choices[0].message)).toEqual(said)
  })
})

describe('finalCompletion', () => {
  it('B1 has the role assistant, whatever the chunks say', async () => {
    for (const role of ['assistant', '', undefined, null])
      expect(await messageOf(chunk({ role, content: 'a' }), chunk({ role, content: 'b' }), STOP)).toEqual({
        role: 'assistant',
        content: 'ab',
      })
  })

  it('B2 B3 never makes text of null', async () => {
    const nulls = Array.from({ length: 300 }, () => chunk({ content: null }))
    expect(await messageOf(...nulls, chunk({ content: '' }), STOP)).toEqual({
      role: 'assistant',
      content: '',
    })
  })

  it('B4 ignores parts of unknown types', async () => {
    const content = [
      { type: 'image', url: 'x' },
      { type: 'text', text: 'a' },
      null,
      5,
      { type: 'thinking', thinking: 'b' },
    ]
    const message = await messageOf(chunk({ content }), STOP)
    expect([message.content, reasoningText(message)]).toEqual(['a', 'b'])
  })

  it('B5 keeps thinking under the names that the service uses, and reads it once where both are sent', async () => {
    const both = (thought: string) => chunk({ reasoning: thought, reasoning_content: thought })
    const message = await messageOf(both('a'), both('b'), chunk({ reasoning: null, content: 'c' }), STOP)
    expect(message).toEqual({ role: 'assistant', content: 'c', reasoning: 'ab', reasoningContent: 'ab' })
    expect(reasoningText(message)).toBe('ab')
  })

  it('B5 reads thinking whose name changes in the middle of a stream as it came', async () => {
    for (const [pieces, thought] of [
      [
        [chunk({ reasoning: 'a' }), chunk({ reasoning_content: 'b' }), chunk({ reasoning_content: 'c' })],
        'abc',
      ],
      [[chunk({ reasoning_content: 'a' }), chunk({ reasoning: 'b' })], 'ab'],
      [[chunk({ reasoning: 'a', reasoning_content: 'a' }), chunk({ reasoning: 'b' })], 'ab'],
    ] as const) {
      const { values } = await drain(reasoningStream(streamOf(sse(...pieces, STOP))))
      expect([values.join(''), reasoningText(await messageOf(...pieces, STOP))]).toEqual([thought, thought])
    }
  })

  it('B8 gives a piece to its id, else its index, else the latest call', async () => {
    const f = (name: string, args: string): object => ({ function: { name, arguments: args } })
    const piece = (args: string): object => ({ function: { arguments: args } })
    expect(
      await callsOf(
        toolChunk({ id: 'a', ...f('one', '{') }),
        toolChunk({ id: 'b', ...f('two', '{') }),
        toolChunk({ id: 'a', ...piece('"x":') }),
        toolChunk(piece('"y":2')),
        toolChunk({ id: 'a', ...piece('1}') }),
        toolChunk({ id: 'b', ...piece('}') }),
        STOP,
      ),
    ).toMatchObject([
      { id: 'a', ...f('one', '{"x":1}') },
      { id: 'b', ...f('two', '{"y":2}') },
    ])
  })

  it('B8 takes a second name without id and index for a second call', async () => {
    const calls = ['one', 'two'].map(name => ({ function: { name, arguments: '{}' } }))
    expect(await callsOf(toolChunk(...calls), STOP)).toMatchObject(calls)
    expect(await callsOf(...calls.map(call => toolChunk(call)), STOP)).toMatchObject(calls)
  })

  it('B12 keeps whole calls of one function apart that have neither id nor index', async () => {
    const calls = [1, 2].map(n => ({ function: { name: 'f', arguments: `{"n":${n}}` } }))
    expect(await callsOf(toolChunk(...calls), STOP)).toMatchObject(calls)
    expect(await callsOf(...calls.map(call => toolChunk(call)), STOP)).toMatchObject(calls)
  })

  it('B9 B10 is not misled by empty ids, names and arguments', async () => {
    expect(
      await callsOf(
        toolChunk({ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } }),
        toolChunk({ index: 0, id: '', function: { name: '', arguments: '{}' } }),
        toolChunk({ index: 0, function: { arguments: '' } }),
        toolChunk({ index: 0, id: null, function: { name: null, arguments: null } }),
        STOP,
      ),
    ).toEqual([{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }])
  })

  it('B11 leaves no holes where indexes are sparse or do not begin at 0', async () => {
    const call = (index: number): object => ({
      index,
      id: `i${index}`,
      function: { name: 'f', arguments: '{}' },
    })
    const calls = await callsOf(toolChunk(call(7)), toolChunk(call(0)), toolChunk(call(127)), STOP)
    expect(calls?.map(({ id }) => id)).toEqual(['i7', 'i0', 'i127'])
  })

  it('B12 tells calls that share an index apart by their ids', async () => {
    const call = (id: string, args: string): object => ({
      index: 0,
      id,
      function: { name: 'f', arguments: args },
    })
    const calls = await callsOf(
      toolChunk(call('a', '{')),
      toolChunk(call('b', '[')),
      toolChunk(call('a', '}')),
      toolChunk(call('b', ']')),
      STOP,
    )
    expect(calls?.map(({ id, function: fn }) => [id, fn.arguments])).toEqual([
      ['a', '{}'],
      ['b', '[]'],
    ])
  })

  it('B12 makes up ids that are unique', async () => {
    const calls = await callsOf(
      toolChunk({ index: 0, id: '', function: { name: 'f', arguments: '{}' } }),
      toolChunk({ index: 1, id: '', function: { name: 'f', arguments: '{}' } }),
      STOP,
    )
    expect(calls).toHaveLength(2)
    expect(new Set(calls?.map(({ id }) => id)).size).toBe(2)
  })

  it.each(['__proto__', -1, 0.5, 128, 2 ** 32, '0', true, [], {}])(
    'B13 refuses the index %j of a choice or a tool call',
    async index => {
      const choice = { choices: [{ index, delta: { content: 'x' }, finish_reason: 'stop' }] }
      const tool = (more: object): object =>
        toolChunk({ index, function: { name: 'f', arguments: '{}' }, ...more })
      for (const bad of [choice, tool({}), tool({ id: 'a' })]) {
        expect((await drain(streamOf(sse(bad, STOP)))).error).toBeInstanceOf(ProtocolError)
        expect((await outcome(folded(bad, STOP))).error).toBeInstanceOf(ProtocolError)
      }
      expect(Object.keys(Object.prototype)).toEqual([])
    },
  )

  it('B14 takes a name that comes after the arguments, and refuses a call without one', async () => {
    const args = toolChunk({ index: 0, id: 'a', function: { arguments: '{}' } })
    const name = toolChunk({ index: 0, function: { name: 'f' } })
    expect(await callsOf(args, name, STOP)).toMatchObject([{ function: { name: 'f', arguments: '{}' } }])
    const { error } = await outcome(folded(args, STOP))
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error).toMatchObject({ partial: { choices: [{ message: { toolCalls: [{ id: 'a' }] } }] } })
  })

  it('B15 goes on where the arguments look whole', async () => {
    const piece = (args: string): object =>
      toolChunk({ index: 0, id: 'a', function: { name: 'f', arguments: args } })
    const calls = await callsOf(piece('1'), piece('2'), piece('3'), chunk({}, 'tool_calls'), '[DONE]')
    expect(calls?.[0]?.function.arguments).toBe('123')
  })

  it('B16 takes arguments that are missing for {}, and ones that are JSON already', async () => {
    for (const args of [undefined, '', null])
      expect(
        await callsOf(toolChunk({ id: 'a', function: { name: 'f', arguments: args } }), STOP),
      ).toMatchObject([{ type: 'function', function: { name: 'f', arguments: '{}' } }])
    for (const end of [STOP, '[DONE]'])
      expect(
        await callsOf(toolChunk({ id: 'a', function: { name: 'f', arguments: { x: 1 } } }), end),
      ).toMatchObject([{ function: { arguments: '{"x":1}' } }])
    expect(await messageOf(chunk({ content: 'x', tool_calls: null }), STOP)).toEqual({
      role: 'assistant',
      content: 'x',
    })
  })

  it('B18 keeps the reason to finish as it is, and reads on after it', async () => {
    for (const reason of ['length', 'eos', 'STOP'])
      expect((await folded(chunk({ content: 'x' }), chunk({}, reason))).choices[0].finishReason).toBe(reason)
    const early = await folded(
      chunk({ content: 'a' }, 'stop'),
      chunk({ content: 'b' }),
      chunk({}, 'length'),
      '[DONE]',
    )
    expect(early.choices[0]).toMatchObject({ message: { content: 'ab' }, finishReason: 'length' })
    expect((await folded(chunk({ content: 'x' }, ''), '[DONE]')).choices[0].finishReason).toBeNull()
  })

  it('B19 B22 takes choices and deltas that are missing', async () => {
    const completion = await folded(
      { id: 'x', choices: null },
      { id: 'x' },
      { choices: [{ index: 0, finish_reason: null }] },
      { choices: [{ index: 0, delta: null }] },
      chunk({ content: 'a' }),
      { choices: [{ delta: {}, finish_reason: 'stop' }] },
    )
    expect(completion.choices).toMatchObject([{ message: { content: 'a' }, finishReason: 'stop' }])
  })

  it('B20 B26 takes id, model and time of the first chunk that has them', async () => {
    const meta = (id: string, model: string, created: number): object => ({
      ...chunk({ content: 'a' }),
      id,
      model,
      created,
    })
    const completion = await folded(meta('', '', 0), meta('one', 'm1', 5), meta('two', 'm2', 6), STOP)
    expect(completion).toMatchObject({ id: 'one', model: 'm1', created: 5, object: 'chat.completion' })
  })

  it('B23 takes the last usage and never adds up', async () => {
    const count = (total_tokens: number): object => ({ total_tokens })
    const text = (more: object): object => ({ ...chunk({ content: 'a' }), ...more })
    const usage = async (...list: object[]) => (await folded(...list, STOP)).usage?.totalTokens
    expect(await usage(text({ usage: count(1) }), text({ usage: count(2) }), text({ usage: null }))).toBe(2)
    expect(await usage(text({ x_groq: { usage: count(3) } }))).toBe(3)
    expect(await usage(text({ x_groq: { usage: count(3) }, usage: count(4) }))).toBe(4)
    expect(await usage(text({ x_groq: null }))).toBeUndefined()
  })

  it('B25 keeps what it does not know', async () => {
    const completion = await folded(
      {
        ...chunk({ content: 'a', annotations: [{ url: 1 }], odd: { a_b: 1 } }),
        citations: ['x'],
        service_tier: 'flex',
      },
      { ...chunk({ annotations: [{ url: 2 }], refusal: 'No' }), citations: ['x', 'y'] },
      { ...chunk({ refusal: ' thanks' }), citations: null },
      chunk({}, 'stop'),
    )
    expect(completion).toMatchObject({ citations: ['x', 'y'], serviceTier: 'flex' })
    expect(completion.choices[0].message).toEqual({
      role: 'assistant',
      content: 'a',
      annotations: [{ url: 1 }, { url: 2 }],
      odd: { aB: 1 },
      refusal: 'No thanks',
    })
  })

  it('B25 joins audio, a legacy function call and log probabilities', async () => {
    const prob = (token: string): object => ({ content: [{ token }] })
    const part = (delta: object, token: string): object => ({
      choices: [{ index: 0, delta, logprobs: prob(token), finish_reason: null }],
    })
    const completion = await folded(
      part(
        { audio: { id: 'a1', data: 'AA', transcript: 'He' }, function_call: { name: 'f', arguments: '{' } },
        'x',
      ),
      part({ audio: { data: 'BB', transcript: 'y', expires_at: 9 }, function_call: { arguments: '}' } }, 'y'),
      STOP,
    )
    expect(completion.choices[0]).toMatchObject({
      message: {
        audio: { id: 'a1', data: 'AABB', transcript: 'Hey', expiresAt: 9 },
        functionCall: { name: 'f', arguments: '{}' },
      },
      logprobs: { content: [{ token: 'x' }, { token: 'y' }] },
    })
  })

  it('B25 never throws an error of the language for a member of an odd type', async () => {
    const odd = [
      'x',
      5,
      true,
      [],
      {},
      null,
      { data: 'a' },
      [1],
      [{ data: 'a' }],
      [null],
      [['x']],
      [{ text: 1 }, 2],
    ]
    for (const key of ['audio', 'function_call', 'refusal', 'data', 'odd', 'reasoning', 'content', 'role'])
      for (const first of odd)
        for (const second of odd) {
          const { error } = await outcome(folded(chunk({ [key]: first }), chunk({ [key]: second }), STOP))
          expect(
            error === undefined || isLLMError(error),
            `${key} ${JSON.stringify([first, second])}: ${error}`,
          ).toBe(true)
        }
  })

  it('B25 keeps members that are named like those of every object', async () => {
    const fields = '"__proto__":{"x":1},"constructor":2,"toString":3'
    const text = `{"choices":[{"index":0,${fields},"delta":{"content":"a",${fields},"tool_calls":[{"index":0,"id":"t",${fields},"function":{"name":"f","arguments":"{}"}}]},"finish_reason":"stop"}],${fields}}`
    const completion = await folded(text)
    for (const place of [completion, completion.choices[0], completion.choices[0].message])
      expect([Object.hasOwn(place, '__proto__'), place.constructor, place.toString]).toEqual([true, 2, 3])
    expect(completion.choices[0].message.toolCalls?.[0]).toMatchObject({ constructor: 2 })
    expect(({} as { x?: number }).x).toBeUndefined()
  })

  it('B27 does not take `error: null` for an error', async () => {
    expect(await messageOf({ ...chunk({ content: 'a' }), error: null }, STOP)).toMatchObject({ content: 'a' })
  })

  it.each([
    [{ error: { message: 'm', code: 400 } }, 'ValidationError', 400],
    [{ error: { message: 'm', code: '429' } }, 'RateLimitError', 429],
    [{ error: { message: 'm', code: null, type: 'server_error' } }, 'ServerError', 500],
    [{ error: { message: 'm', code: 'content_filter' } }, 'ContentFilterError', 200],
    [{ error: 'm' }, 'APIError', 200],
    [{ object: 'error', message: 'm', code: 503 }, 'ServerError', 503],
    [{ code: 'x', error: 'm' }, 'APIError', 200],
  ])('B27 throws %j with what had arrived', async (body, name, status) => {
    for (const before of [[], [chunk({ content: 'so far' })]]) {
      const { error } = await outcome(folded(...before, body, STOP, '[DONE]'))
      expect(error).toMatchObject({ name, status, message: expect.stringContaining('m') })
      const { choices } = (error as { partial: ChatCompletion }).partial
      expect(choices.map(({ message }) => message.content)).toEqual(before.length ? ['so far'] : [])
    }
  })

  it('B28 does not drop what is repeated', async () => {
    const ha = chunk({ content: 'ha' })
    expect(await messageOf(ha, ha, ha, STOP)).toMatchObject({ content: 'hahaha' })
  })

  it('folds several choices, in the order of their indexes', async () => {
    const say = (index: number, content: string, finish_reason: string | null = null): object => ({
      choices: [{ index, delta: { content }, finish_reason }],
    })
    const completion = await foldedOf(2, say(1, 'b'), say(0, 'a'), say(1, 'B', 'stop'), say(0, 'A', 'length'))
    expect(
      completion.choices.map(({ index, message, finishReason }) => [index, message.content, finishReason]),
    ).toEqual([
      [0, 'aA', 'length'],
      [1, 'bB', 'stop'],
    ])
  })

  it('throws with what had arrived, a cut tool call too', async () => {
    const { error } = await outcome(
      folded(
        chunk({ content: 'so' }),
        toolChunk({ index: 0, id: 'a', function: { name: 'f', arguments: '{"x' } }),
      ),
    )
    expect(error).toBeInstanceOf(IncompleteStreamError)
    expect(error).toMatchObject({
      partial: {
        object: 'chat.completion',
        choices: [
          {
            finishReason: null,
            message: { content: 'so', toolCalls: [{ id: 'a', function: { name: 'f', arguments: '{"x' } }] },
          },
        ],
      },
    })
    expect(JSON.stringify(error)).not.toContain('so far')
    expect(JSON.stringify(error)).not.toContain('"x')
  })

  it('takes an iterable of chunks from anywhere, several choices in one', async () => {
    async function* chunks() {
      for (const content of 'ab')
        yield {
          id: '',
          object: 'chat.completion.chunk',
          created: 0,
          model: '',
          choices: [{ index: 0, delta: { content } }],
        }
    }
    expect((await finalCompletion(chunks())).choices[0].message.content).toBe('ab')
  })
})
