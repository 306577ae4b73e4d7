import { describe, expect, it } from 'vitest'
import { createFakeFetch } from '../../src/testing/index.ts'
import { chatBody, chunksOf, type Json, post, URL_BASE } from './support.ts'

const string = { type: 'string' }

function tool(name: string, description: string, properties: Record<string, unknown>): Json {
  const parameters = {
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  }
  return { type: 'function', function: { name, description, parameters } }
}

const weather = tool('get_weather', 'The current weather in a place', { location: string })
const time = tool('getLocalTime', 'What time it is in a city', { city: string })
const add = tool('add', 'Adds numbers', { a: { type: 'number' }, b: { type: 'number' } })
const tools = [weather, time, add]

async function send(body: unknown): Promise<string> {
  return (await createFakeFetch()(`${URL_BASE}/chat/completions`, post(body))).text()
}

async function ask(content: string, more: Record<string, unknown> = {}): Promise<Json> {
  return JSON.parse(await send(chatBody(content, { tools, ...more }))).choices[0]
}

function callsOf(choice: Json): [string, Json][] {
  const calls: Json[] = choice.message.tool_calls ?? []
  return calls.map(call => [call.function.name, JSON.parse(call.function.arguments)])
}

describe('tool calls', () => {
  it('calls the tool that the prompt is about, with what the prompt says', async () => {
    const choice = await ask('What is the weather in Tokyo?')
    expect(choice).toMatchObject({
      message: {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: expect.stringMatching(/^call_[0-9a-f]{24}$/), type: 'function' }],
      },
      finish_reason: 'tool_calls',
    })
    expect(callsOf(choice)).toEqual([['get_weather', { location: 'Tokyo' }]])
    expect(callsOf(await ask('Please add 19 and 23'))).toEqual([['add', { a: 19, b: 23 }]])
    expect(callsOf(await ask('What time is it in New York?'))).toEqual([
      ['getLocalTime', { city: 'New York' }],
    ])
  })

  it('calls the first tool when the prompt fits none', async () => {
    expect(callsOf(await ask('hm'))).toMatchObject([['get_weather', {}]])
  })

  it('calls several at once when asked for, unless told not to', async () => {
    const prompt = 'Tell me the weather in Tokyo and the time in Paris'
    const calls = [
      ['get_weather', { location: 'Tokyo' }],
      ['getLocalTime', { city: 'Paris' }],
    ]
    expect(callsOf(await ask(prompt))).toEqual(calls)
    expect(callsOf(await ask(prompt, { parallel_tool_calls: false }))).toHaveLength(1)
  })

  it('obeys tool_choice', async () => {
    const named = { type: 'function', function: { name: 'add' } }
    const prompt = 'What is the weather in Tokyo?'
    expect(callsOf(await ask(prompt, { tool_choice: 'auto' }))[0]?.[0]).toBe('get_weather')
    expect(callsOf(await ask(prompt, { tool_choice: 'required' }))[0]?.[0]).toBe('get_weather')
    expect(callsOf(await ask(prompt, { tool_choice: named }))[0]?.[0]).toBe('add')
    const none = await ask(prompt, { tool_choice: 'none' })
    expect(none).toMatchObject({ message: { content: expect.any(String) }, finish_reason: 'stop' })
    expect(none.message).not.toHaveProperty('tool_calls')
  })

  it('answers in words once the results are there', async () => {
    const { message } = await ask('What is the weather in Tokyo?')
    const [call] = message.tool_calls
    const result = { role: 'tool', tool_call_id: call.id, content: '{"temperature":21}' }
    const body = chatBody('What is the weather in Tokyo?', { tools })
    const messages = [...(body.messages as Json[]), message, result]
    const { choices } = JSON.parse(await send({ ...body, messages }))
    expect(choices[0]).toMatchObject({
      message: { content: expect.stringContaining('{"temperature":21}') },
      finish_reason: 'stop',
    })
    const again = [...messages, choices[0].message, { role: 'user', content: 'And the weather in Rome?' }]
    expect(callsOf(JSON.parse(await send({ ...body, messages: again })).choices[0])).toEqual([
      ['get_weather', { location: 'Rome' }],
    ])
  })

  it('streams the head of each call, then its arguments in pieces', async () => {
    const prompt = 'Tell me the weather in Tokyo and the time in Paris'
    const whole = await ask(prompt)
    const chunks = chunksOf(await send(chatBody(prompt, { tools, stream: true })))
    const deltas = chunks.map(chunk => chunk.choices[0].delta)
    expect(deltas[0]).toEqual({ role: 'assistant', content: null, refusal: null })
    const parts = deltas.flatMap(delta => delta.tool_calls ?? [])
    for (const [index, call] of whole.message.tool_calls.entries()) {
      const [head, ...pieces] = parts.filter(part => part.index === index)
      expect(head).toEqual({ ...call, index, function: { name: call.function.name, arguments: '' } })
      expect(pieces.length).toBeGreaterThan(2)
      expect(pieces.every(piece => Object.keys(piece).join() === 'index,function')).toBe(true)
      expect(pieces.map(piece => piece.function.arguments).join('')).toBe(call.function.arguments)
    }
    expect(chunks.at(-1).choices[0]).toMatchObject({ delta: {}, finish_reason: 'tool_calls' })
  })

  it('cuts arguments at the token limit', async () => {
    const { message, finish_reason } = await ask('What is the weather in Tokyo?', { max_tokens: 4 })
    expect(finish_reason).toBe('length')
    expect(() => JSON.parse(message.tool_calls[0].function.arguments)).toThrow()
  })
})

describe('response_format', () => {
  it('json_object is a JSON object', async () => {
    const { message } = await ask('Anything as JSON', {
      tools: undefined,
      response_format: { type: 'json_object' },
    })
    expect(JSON.parse(message.content)).toEqual({ answer: expect.stringContaining('Anything') })
  })

  it('json_schema is a value of the schema', async () => {
    const schema = tool('x', '', { city: string, celsius: { type: 'integer', minimum: -90, maximum: 60 } })
      .function.parameters
    const response_format = { type: 'json_schema', json_schema: { name: 'weather', schema, strict: true } }
    const { message, finish_reason } = await ask('It is 21 degrees in Oslo', {
      tools: undefined,
      response_format,
    })
    expect(JSON.parse(message.content)).toEqual({ city: 'Oslo', celsius: 21 })
    expect(finish_reason).toBe('stop')
  })
})
