import { describe, expect, it } from 'vitest'
import { createClient, NotFoundError, retry, ValidationError } from '../../src/index.ts'
import {
  cancelResponse,
  createResponse,
  deleteResponse,
  finalResponse,
  getResponse,
  type InputItem,
  listInputItems,
  outputText,
  resumeResponse,
  streamResponse,
  toInputItems,
} from '../../src/responses/index.ts'
import { createFakeFetch, type FakeModelOptions } from '../../src/testing/index.ts'
import { failureOf } from '../client/harness.ts'
import { type Json, post, URL_BASE } from './support.ts'

function open(options?: FakeModelOptions) {
  const fetch = createFakeFetch(options)
  return { fetch, client: createClient({ fetch, policies: [retry({ initialDelay: 1 })] }) }
}

const request = { model: 'fake-small', input: 'Say hello to Ada' } as const
const weather = {
  type: 'function',
  name: 'get_weather',
  description: 'The weather in a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  strict: true,
} as const

describe('the fake model’s responses', () => {
  it('say the same, streamed or not', async () => {
    const { client } = open()
    const whole = await createResponse(client, request)
    const streamed = await finalResponse(streamResponse(client, request))
    expect(outputText(whole)).toContain('Ada')
    expect(streamed).toEqual(whole)
    expect(whole.usage).toMatchObject({ inputTokens: expect.any(Number), totalTokens: expect.any(Number) })
  })

  it('stream in pieces that add up, numbered from 0', async () => {
    const { client } = open()
    let text = ''
    const numbers: unknown[] = []
    for await (const event of streamResponse(client, request)) {
      numbers.push((event as { sequenceNumber?: unknown }).sequenceNumber)
      if (event.type === 'response.output_text.delta') text += event.delta
    }
    expect(text).toBe(outputText(await createResponse(client, request)))
    expect(numbers).toEqual(numbers.map((_, index) => index))
    expect(numbers.length).toBeGreaterThan(8)
  })

  it('call tools, and answer with their results', async () => {
    const { client } = open()
    const input: InputItem[] = [{ role: 'user', content: 'What is the weather in Oslo?' }]
    const asked = await finalResponse(
      streamResponse(client, { model: 'fake-small', input, tools: [weather] }),
    )
    const call = asked.output.find(item => item.type === 'function_call')
    if (call?.type !== 'function_call') throw new Error('It called nothing')
    expect([call.name, JSON.parse(call.arguments)]).toEqual(['get_weather', { city: 'Oslo' }])
    const output: InputItem = { type: 'function_call_output', callId: call.callId, output: '21 degrees' }
    const answered = await createResponse(client, {
      model: 'fake-small',
      input: [...input, ...toInputItems(asked), output],
      tools: [weather],
    })
    expect(outputText(answered)).toContain('21 degrees')
  })

  it('fit a schema', async () => {
    const { client } = open()
    const schema = {
      type: 'object',
      properties: { name: { type: 'string' }, age: { type: 'integer' } },
      required: ['name', 'age'],
    }
    const text = { format: { type: 'json_schema', name: 'person', schema } } as const
    const response = await createResponse(client, { model: 'fake-small', input: 'Ada is 36', text })
    expect(JSON.parse(outputText(response))).toEqual({ name: expect.any(String), age: 36 })
  })

  it('go on from one that was kept', async () => {
    const { client, fetch } = open()
    const first = await createResponse(client, request)
    await createResponse(client, { model: 'fake-small', input: 'And now?', previousResponseId: first.id })
    const missing = createResponse(client, {
      model: 'fake-small',
      input: 'And now?',
      previousResponseId: 'resp_0',
    })
    expect(await failureOf(missing)).toBeInstanceOf(NotFoundError)
    fetch.reset()
    expect(await failureOf(getResponse(client, first.id))).toBeInstanceOf(NotFoundError)
  })

  it('say what a reply says, thoughts and refusals too', async () => {
    const { client } = open({
      reply: [
        { reasoning: 'Hm.', content: 'Yes.' },
        { refusal: 'No.' },
        { toolCalls: [{ name: 'f', arguments: '{"a"' }] },
      ],
    })
    const said = await finalResponse(streamResponse(client, request))
    expect(said.output).toMatchObject([
      { type: 'reasoning', summary: [{ text: 'Hm.' }] },
      { content: [{ text: 'Yes.' }] },
    ])
    const refused = await finalResponse(streamResponse(client, request))
    expect(refused.output).toMatchObject([{ content: [{ type: 'refusal', refusal: 'No.' }] }])
    expect((await finalResponse(streamResponse(client, request))).output).toMatchObject([
      { name: 'f', arguments: '{"a"' },
    ])
  })

  it('are incomplete at a limit', async () => {
    const { client } = open()
    const response = await finalResponse(streamResponse(client, { ...request, maxOutputTokens: 16 }))
    expect([response.status, response.incompleteDetails?.reason]).toEqual(['incomplete', 'max_output_tokens'])
    expect(await failureOf(createResponse(client, { ...request, maxOutputTokens: 0 }))).toMatchObject({
      param: 'max_output_tokens',
    })
  })
})

describe('the fake model’s responses in the background', () => {
  const background = { ...request, background: true } as const

  it('are queued, then in progress, then done', async () => {
    const { client } = open()
    const { id, status } = await createResponse(client, background)
    const states: unknown[] = [status]
    for (let i = 0; i < 3; i++) states.push((await getResponse(client, id)).status)
    expect(states).toEqual(['queued', 'in_progress', 'completed', 'completed'])
  })

  it('can be resumed after any event', async () => {
    const { client } = open()
    const events = []
    for await (const event of streamResponse(client, background)) events.push(event)
    const { response } = events[0] as { response: { id: string } }
    for (const after of [undefined, 0, 5, events.length - 2]) {
      const rest = []
      for await (const event of resumeResponse(client, response.id, after)) rest.push(event)
      expect(rest).toEqual(events.slice((after ?? -1) + 1))
    }
  })

  it('go on by themselves through every break', async () => {
    const faults = [{ reset: 4 }, { cut: 3 }, { cut: 2 }]
    const { client, fetch } = open({ faults })
    const whole = await finalResponse(streamResponse(client, background, { resumable: true }))
    expect(outputText(whole)).toBe(outputText(await createResponse(open().client, request)))
    expect(fetch.requests.map(({ url }) => url.replace('https://api.openai.com/v1', ''))).toEqual([
      '/responses',
      `/responses/${whole.id}?stream=true&starting_after=3`,
      `/responses/${whole.id}?stream=true&starting_after=6`,
      `/responses/${whole.id}?stream=true&starting_after=8`,
    ])
  })

  it('can be cancelled, deleted and asked what they were asked', async () => {
    const { client } = open()
    const { id } = await createResponse(client, background)
    expect((await listInputItems(client, id)).data).toMatchObject([
      { role: 'user', content: [{ text: 'Say hello to Ada' }] },
    ])
    expect((await cancelResponse(client, id)).status).toBe('cancelled')
    expect((await getResponse(client, id)).status).toBe('cancelled')
    await deleteResponse(client, id)
    expect(await failureOf(getResponse(client, id))).toBeInstanceOf(NotFoundError)
  })
})

describe('requests that the fake model refuses', () => {
  const cases: [what: string, change: Record<string, unknown>, param: string][] = [
    ['no input', { input: undefined }, 'input'],
    ['an input that is no list', { input: 5 }, 'input'],
    ['an item that is none', { input: ['Hi'] }, 'input[0]'],
    ['an unknown role', { input: [{ role: 'robot', content: 'Hi' }] }, 'input[0].role'],
    [
      'a result that nobody asked for',
      { input: [{ type: 'function_call_output', call_id: 'x', output: '' }] },
      'input[0].tool_call_id',
    ],
    ['a function without a name', { tools: [{ type: 'function' }] }, 'tools[0].name'],
    [
      'a schema without a name',
      { text: { format: { type: 'json_schema', schema: {} } } },
      'text.format.name',
    ],
    ['background that is not kept', { background: true, store: false }, 'background'],
    ['a temperature', { temperature: 3 }, 'temperature'],
  ]

  it.each(cases)('%s', async (_, change, param) => {
    const response = await createFakeFetch()(
      `${URL_BASE}/responses`,
      post({ model: 'fake-small', input: 'Hi', ...change }),
    )
    expect([response.status, ((await response.json()) as Json).error.param]).toEqual([400, param])
  })

  it('a stream of one that is not in the background, and a cancellation', async () => {
    const { client } = open()
    const { id } = await createResponse(client, request)
    expect(await failureOf(finalResponse(resumeResponse(client, id)))).toBeInstanceOf(ValidationError)
    expect(await failureOf(cancelResponse(client, id))).toBeInstanceOf(ValidationError)
  })
})
