import { describe, expect, it } from 'vitest'
import {
  createFakeFetch,
  type FakeFetch,
  type FakeModelOptions,
  type FakeReply,
} from '../../src/testing/index.ts'
import { chatBody, chunksOf, drain, type Json, post, URL_BASE } from './support.ts'

const CHAT = `${URL_BASE}/chat/completions`
const tools = [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } }]

async function send(options: FakeModelOptions, more: Record<string, unknown> = {}): Promise<string> {
  const response = await createFakeFetch(options)(CHAT, post(chatBody('Hi', more)))
  expect(response.status).toBe(200)
  return response.text()
}

async function chat(reply: FakeModelOptions['reply'], more?: Record<string, unknown>): Promise<Json> {
  return JSON.parse(await send({ reply }, more))
}

/** The pieces of a stream put together, by hand. */
function fold(chunks: Json[]): Json {
  const message: Json = {}
  let finish: unknown = null
  for (const { delta, finish_reason } of chunks.flatMap(chunk => chunk.choices)) {
    finish = finish_reason ?? finish
    for (const [name, value] of Object.entries<Json>(delta)) {
      if (typeof value === 'string') message[name] = (message[name] ?? '') + value
      else if (name !== 'tool_calls') message[name] ??= value
      else {
        message.tool_calls ??= []
        for (const { index, ...call } of value) {
          const known = message.tool_calls[index]
          if (known) known.function.arguments += call.function.arguments
          else message.tool_calls[index] = call
        }
      }
    }
  }
  return { message, finish }
}

/** The contents of the next answers. */
async function ask(fetch: FakeFetch, count: number, more: Record<string, unknown> = {}): Promise<string[]> {
  const texts: string[] = []
  for (let i = 0; i < count; i++) {
    const response = await fetch(CHAT, post(chatBody('Hi', more)))
    const { text } = await drain(response)
    const parsed = response.ok ? safeParse(text) : undefined
    texts.push(parsed?.choices[0].message.content ?? `status ${response.status}`)
  }
  return texts
}

function safeParse(text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

describe('a scripted reply', () => {
  const full: FakeReply = {
    content: 'Let me look.',
    reasoning: 'They ask for two cities.',
    toolCalls: [
      { id: 'call_a', name: 'get_weather', arguments: { city_name: 'Oslo' } },
      { name: 'get_weather', arguments: '{"city_name": "Rome"' },
    ],
    finishReason: 'length',
  }

  it('is sent to the letter, broken arguments and all', async () => {
    const { choices } = await chat(full)
    expect(choices).toEqual([
      {
        index: 0,
        message: {
          role: 'assistant',
          content: 'Let me look.',
          refusal: null,
          reasoning_content: 'They ask for two cities.',
          annotations: [],
          tool_calls: [
            {
              id: 'call_a',
              type: 'function',
              function: { name: 'get_weather', arguments: '{"city_name":"Oslo"}' },
            },
            {
              id: expect.stringMatching(/^call_[0-9a-f]{24}$/),
              type: 'function',
              function: { name: 'get_weather', arguments: '{"city_name": "Rome"' },
            },
          ],
        },
        logprobs: null,
        finish_reason: 'length',
      },
    ])
  })

  it('is the same in a stream', async () => {
    const replies: FakeReply[] = [
      full,
      { refusal: 'I cannot say that.' },
      { content: 'a b', finishReason: null },
      {},
    ]
    for (const reply of replies) {
      const { message, finish_reason } = (await chat(reply)).choices[0]
      const folded = fold(chunksOf(await send({ reply }, { stream: true })))
      const { annotations: _, ...expected } = message
      expect(folded).toEqual({ message: expected, finish: finish_reason })
    }
  })

  it('thinks under the name that is asked for, before it speaks', async () => {
    const reply: FakeReply = { content: 'Yes', reasoning: 'Hm well', reasoningKey: 'reasoning' }
    expect((await chat(reply)).choices[0].message).toMatchObject({ content: 'Yes', reasoning: 'Hm well' })
    const deltas = chunksOf(await send({ reply }, { stream: true })).map(chunk => chunk.choices[0].delta)
    expect(deltas.slice(1)).toEqual([{ reasoning: 'Hm' }, { reasoning: ' well' }, { content: 'Yes' }, {}])
  })

  it('has the content and the finish reason that go with it', async () => {
    const call = { name: 'f', arguments: {} }
    const cases: [FakeReply, content: string | null, finish: string | null][] = [
      [{}, '', 'stop'],
      [{ reasoning: 'only' }, '', 'stop'],
      [{ toolCalls: [call] }, null, 'tool_calls'],
      [{ toolCalls: [] }, '', 'stop'],
      [{ refusal: 'No' }, null, 'stop'],
      [{ content: null }, null, 'stop'],
      [{ content: 'x', toolCalls: [call] }, 'x', 'tool_calls'],
      [{ content: 'x', finishReason: null }, 'x', null],
      [{ content: 'x', finishReason: 'content_filter' }, 'x', 'content_filter'],
    ]
    for (const [reply, content, finish_reason] of cases) {
      expect((await chat(reply)).choices[0]).toMatchObject({ message: { content }, finish_reason })
    }
  })

  it('is cut by no stop sequence and no limit, as a text is', async () => {
    const more = { stop: 'two', max_tokens: 1 }
    expect((await chat({ content: 'one two' }, more)).choices[0].message.content).toBe('one two')
    expect((await chat('one two', more)).choices[0].message.content).toBe('one')
  })

  it('takes the place of the tool calls that the model would make', async () => {
    expect((await chat(undefined, { tools })).choices[0].finish_reason).toBe('tool_calls')
    expect((await chat('In words.', { tools })).choices[0].message.content).toBe('In words.')
  })

  it('can be cut in the middle of arguments', async () => {
    const reply = { toolCalls: [{ name: 'get_weather', arguments: { city: 'Oslo' } }] }
    const chunks = chunksOf(await send({ reply, faults: { cut: 5 } }, { stream: true }))
    const { message, finish } = fold(chunks)
    expect([message.tool_calls[0].function.arguments, finish]).toEqual(['{"city":"', null])
  })

  it('counts what it does not say of its usage', async () => {
    const counted = (await chat({ content: 'one two', reasoning: 'a b c' })).usage
    expect(counted).toMatchObject({
      completion_tokens: 5,
      total_tokens: counted.prompt_tokens + 5,
      completion_tokens_details: { reasoning_tokens: 3 },
    })
    const { usage } = await chat({
      content: 'one two',
      usage: {
        promptTokens: 1000,
        promptTokensDetails: { cachedTokens: 900 },
        prompt_cache_hit_tokens: 900,
        completionTokensDetails: { audio_tokens: 1 },
      },
    })
    expect(usage).toEqual({
      prompt_tokens: 1000,
      completion_tokens: 2,
      total_tokens: 1002,
      prompt_tokens_details: { cached_tokens: 900 },
      completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 1 },
      prompt_cache_hit_tokens: 900,
    })
    const odd = await chat({ usage: { totalTokens: 7, completionTokens: undefined } })
    expect(odd.usage).toMatchObject({ completion_tokens: 0, total_tokens: 7 })
    const events = await send(
      { reply: { usage: { totalTokens: 7 } } },
      { stream: true, stream_options: { include_usage: true } },
    )
    expect(chunksOf(events).at(-1).usage.total_tokens).toBe(7)
  })
})

describe('several replies', () => {
  it('are played in turn, the last one again and again', async () => {
    const fetch = createFakeFetch({ reply: ['one', { content: 'two' }, 'three'] })
    expect(await ask(fetch, 5)).toEqual(['one', 'two', 'three', 'three', 'three'])
    fetch.reset()
    expect(await ask(fetch, 2)).toEqual(['one', 'two'])
  })

  it('are not used up by other requests, and by refused ones', async () => {
    const fetch = createFakeFetch({ reply: ['one', 'two'] })
    await fetch(`${URL_BASE}/models`)
    await fetch(CHAT, post(chatBody('Hi', { n: 0 })))
    expect(await ask(fetch, 2)).toEqual(['one', 'two'])
  })

  it('wait for the retry of a request that gets no answer', async () => {
    const lost = [
      { status: 429 },
      { body: 'busy', status: 200 },
      { garbage: 'html' as const },
      { garbage: true as const },
      { cut: 1 },
      { reset: 1 },
    ]
    for (const fault of lost) {
      const fetch = createFakeFetch({ reply: ['one', 'two'], faults: [fault, {}, fault] })
      expect((await ask(fetch, 4)).filter(text => !text.startsWith('status'))).toEqual(['one', 'two'])
    }
  })

  it('wait for the retry of a stream of which nothing came, and of no other', async () => {
    const secondOf = async (fault: object): Promise<string> => {
      const fetch = createFakeFetch({ reply: ['one', 'two'], faults: [fault] })
      const first = fetch(CHAT, post(chatBody('Hi', { stream: true }))).then(drain)
      await first.catch(() => undefined)
      return (await ask(fetch, 1))[0] ?? ''
    }
    for (const fault of [{ cut: 0 }, { reset: 0 }, { reset: 'headers' }])
      expect(await secondOf(fault)).toBe('one')
    for (const fault of [{}, { cut: 1 }, { reset: 2 }, { garbage: true }])
      expect(await secondOf(fault)).toBe('two')
  })

  it('come from a function of the request and the number of the reply', async () => {
    const seen: number[] = []
    const fetch = createFakeFetch({
      faults: [{ status: 503 }],
      reply: async (request, index) => {
        seen.push(index)
        await Promise.resolve()
        return `${request.model} ${index}`
      },
    })
    expect(await ask(fetch, 3)).toEqual(['status 503', 'fake-small 0', 'fake-small 1'])
    expect(seen).toEqual([0, 1])
  })

  it('leave a request to the model where a list has none', async () => {
    const fetch = createFakeFetch({ reply: [undefined, 'two', undefined] })
    const [first, second, ...more] = await ask(fetch, 4)
    expect(second).toBe('two')
    expect([first, ...more].map(text => text?.includes('Hi'))).toEqual([true, true, true])
  })

  it('leave a request to the model where the function has none', async () => {
    const { choices } = await chat(() => undefined, { tools })
    expect(choices[0].message.tool_calls[0].function.name).toBe('get_weather')
  })
})

describe('a reply that takes its time', () => {
  it('is no longer waited for after an abort', async () => {
    const fetch = createFakeFetch({ reply: () => new Promise(() => {}) })
    const controller = new AbortController()
    const answer = fetch(CHAT, post(chatBody('Hi'), { signal: controller.signal }))
    controller.abort('enough')
    await expect(answer).rejects.toBe('enough')
    expect(fetch.requests[0]?.aborted).toBe(true)
  })

  it('rejects with its own error', async () => {
    const bug = new RangeError('my bug')
    const fetch = createFakeFetch({ reply: () => Promise.reject(bug) })
    await expect(fetch(CHAT, post(chatBody('Hi')))).rejects.toBe(bug)
    expect(fetch.requests[0]?.aborted).toBe(false)
  })
})
