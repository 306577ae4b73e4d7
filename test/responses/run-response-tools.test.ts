import { describe, expect, it, vi } from 'vitest'
import {
  type Client,
  createClient,
  OutputError,
  ServerError,
  tool,
  toolContent,
  ValidationError,
} from '../../src/index.ts'
import {
  type InputItem,
  type ResponseToolRun,
  type ResponseToolStep,
  type ResponseToolsOptions,
  type ResponseToolsRequest,
  runResponseTools,
  streamResponseTools,
} from '../../src/responses/index.ts'
import { createFakeFetch, type FakeModelOptions } from '../../src/testing/index.ts'
import { failureOf } from '../client/harness.ts'
import { City, clock, weather } from '../support/city-tools.ts'

const request: ResponseToolsRequest = {
  model: 'fake-small',
  input: 'Weather and time in Rome?',
  tools: [weather, clock],
}
const callWeather = { name: 'get_weather', arguments: { city: 'Rome' } }
const both = { toolCalls: [callWeather, { name: 'get_time', arguments: {} }] }

// biome-ignore lint/suspicious/noExplicitAny: each test knows the request that it looks at
type Sent = any

function open(options: FakeModelOptions): { client: Client; sent: () => Sent[] } {
  const fetch = createFakeFetch(options)
  return { client: createClient({ fetch }), sent: () => fetch.requests.map(({ body }) => body) }
}

async function runStream(
  client: Client,
  asked: ResponseToolsRequest,
  options?: ResponseToolsOptions,
): Promise<ResponseToolRun> {
  for await (const event of streamResponseTools(client, asked, options))
    if (event.type === 'end') return event.run
  throw new Error('The stream had no end')
}

const outputs = (items: readonly InputItem[]): unknown[] =>
  items.flatMap(item => (item.type === 'function_call_output' ? [item.output] : []))

describe.each([
  ['runResponseTools', runResponseTools],
  ['streamResponseTools', runStream],
])('%s', (_, run) => {
  it('asks, runs the calls at once, tells their results, and ends with the answer', async () => {
    const { client, sent } = open({ reply: [both, 'Sunny.'] })
    const { stopped, text, completion, messages, steps, pending, usage } = await run(client, request)
    expect([stopped, text, pending]).toEqual(['answer', 'Sunny.', []])
    expect(steps.map(({ results }) => results.map(({ output }) => output))).toEqual([
      [{ city: 'Rome', degrees: 4 }, 'noon'],
      [],
    ])
    expect(completion).toBe(steps[1]!.completion)
    expect(messages.map(({ type, ...item }) => type ?? (item as { role?: unknown }).role)).toEqual([
      'user',
      'function_call',
      'function_call',
      'function_call_output',
      'function_call_output',
      'message',
    ])
    expect(outputs(messages)).toEqual(['{"city":"Rome","degrees":4}', 'noon'])
    const [first, second] = sent()
    expect(first.tools).toEqual([
      { type: 'function', strict: true, ...weather.function },
      { type: 'function', strict: false, ...clock.function },
    ])
    expect([first.input, second.tools, 'previous_response_id' in second]).toEqual([
      [{ role: 'user', content: request.input }],
      first.tools,
      false,
    ])
    const [called] = steps[0]!.completion!.output
    expect(second.input[1]).toMatchObject({ type: 'function_call', id: (called as { id: string }).id })
    const counts = steps.map(step => step.completion!.usage!)
    expect(usage).toEqual({
      inputTokens: counts[0]!.inputTokens + counts[1]!.inputTokens,
      inputTokensDetails: usage.inputTokensDetails,
      outputTokens: counts[0]!.outputTokens + counts[1]!.outputTokens,
      outputTokensDetails: usage.outputTokensDetails,
      totalTokens: counts[0]!.totalTokens + counts[1]!.totalTokens,
    })
    expect(usage.totalTokens).toBeGreaterThan(0)
  })

  it('sends thoughts back as they came, and leaves out those that are lost', async () => {
    const thought = { ...both, reasoning: 'Hm.' }
    const { client, sent } = open({ reply: [thought, 'Sunny.'] })
    const { steps } = await run(client, request)
    const [item] = steps[0]!.completion!.output
    expect(sent()[1].input[1]).toEqual({
      type: 'reasoning',
      id: (item as { id: string }).id,
      summary: [{ type: 'summary_text', text: 'Hm.' }],
    })
    const lost = open({ reply: [thought, 'Sunny.'] })
    await run(lost.client, { ...request, store: false })
    expect(lost.sent()[1].input.map(({ type }: Sent) => type)).not.toContain('reasoning')
  })

  it('goes on from the response that the caller names, in each request', async () => {
    const { client, sent } = open({ reply: ['Hi.', both, 'Sunny.'] })
    const { completion } = await run(client, { ...request, input: 'Hi' })
    await run(client, { ...request, previousResponseId: completion!.id })
    expect(sent().map(({ previous_response_id: id }) => id)).toEqual([
      undefined,
      completion!.id,
      completion!.id,
    ])
  })

  it('tells the model of bad arguments, of a tool that is not there, and of one that throws', async () => {
    const execute = vi.fn()
    const failing = tool({
      name: 'get_time',
      execute() {
        throw new Error('The clock is broken')
      },
    })
    const toolCalls = [
      { name: 'get_weather', arguments: { city: 5 } },
      { name: 'get_weather', arguments: '{"city' },
      { name: 'get_moon', arguments: {} },
      { name: 'get_time', arguments: {} },
    ]
    const { client } = open({ reply: [{ toolCalls }, 'Sorry.'] })
    const tools = [tool({ name: 'get_weather', input: City, execute }), failing]
    const { stopped, steps, messages } = await run(client, { ...request, tools })
    expect(stopped).toBe('answer')
    expect(outputs(messages)).toEqual([
      expect.stringContaining('city: must be a text'),
      'The model wrote no JSON: is not JSON',
      'There is no such tool: name: must be one of get_weather, get_time',
      'Failed: The clock is broken',
    ])
    expect(steps[0]!.results.map(({ failed }) => failed instanceof OutputError)).toEqual([
      true,
      true,
      true,
      false,
    ])
    expect(execute).not.toHaveBeenCalled()
  })

  it('stops after answers in a row whose calls could not be run', async () => {
    const { client, sent } = open({ reply: { toolCalls: [{ name: 'get_moon', arguments: {} }] } })
    expect((await run(client, request, { maxInvalid: 2 })).stopped).toBe('invalid')
    expect(sent()).toHaveLength(2)
  })

  it('leaves a call pending that is not approved, and takes it up again', async () => {
    let isApproved = false
    const approve = vi.fn(() => isApproved)
    const guarded = tool({ name: 'get_weather', input: City, approve, execute: ({ city }) => `${city}: 4` })
    const { client, sent } = open({ reply: [both, 'Sunny.'] })
    const tools = [guarded, clock]
    const { stopped, pending, messages } = await run(client, { ...request, tools })
    expect(stopped).toBe('pending')
    expect(pending.map(call => call.function.name)).toEqual(['get_weather'])
    expect(outputs(messages)).toEqual(['noon'])
    isApproved = true
    const next = await run(client, { ...request, tools, input: messages })
    expect([next.stopped, next.steps.length, approve.mock.calls.length]).toEqual(['answer', 2, 2])
    expect(outputs(sent()[1].input)).toEqual(['noon', 'Rome: 4'])
  })

  it('takes an answer that was pushed, in either spelling, for the call’s', async () => {
    const mine = tool({ name: 'get_weather', input: City })
    const { client, sent } = open({ reply: [{ toolCalls: [callWeather] }, 'Sunny.', 'Sunny.'] })
    const { pending, messages } = await run(client, { ...request, tools: [mine] })
    const id = pending[0]!.id
    for (const answer of [{ callId: id }, { call_id: id }]) {
      const item = { type: 'function_call_output', ...answer, output: 'rain' } as InputItem
      const next = await run(client, { ...request, tools: [mine], input: [...messages, item] })
      expect(next.stopped).toBe('answer')
    }
    expect(sent()[2].input).toEqual(sent()[1].input)
  })

  it('leaves calls to the caller of functions that are not made by `tool`, in a namespace or not', async () => {
    const plain = { type: 'function', name: 'get_time', parameters: {}, strict: false } as const
    const { client } = open({ reply: both })
    const { stopped, pending, messages } = await run(client, { ...request, tools: [weather, plain] })
    expect([stopped, pending.map(call => call.function.name)]).toEqual(['pending', ['get_time']])
    expect(outputs(messages)).toHaveLength(1)
  })

  it.each([
    ['length', 'length'],
    ['content_filter', 'filter'],
  ])('runs nothing of an answer that is cut: %s', async (finishReason, stopped) => {
    const execute = vi.fn()
    const { client } = open({ reply: { toolCalls: [callWeather], finishReason } })
    const tools = [tool({ name: 'get_weather', input: City, execute })]
    const cut = await run(client, { ...request, tools })
    expect([cut.stopped, cut.pending.length, cut.completion!.status]).toEqual([stopped, 1, 'incomplete'])
    expect(execute).not.toHaveBeenCalled()
  })

  it.each<[string, ResponseToolsOptions, string, number]>([
    ['maxSteps', { maxSteps: 2 }, 'steps', 2],
    ['maxTotalTokens', { maxTotalTokens: 1 }, 'tokens', 1],
    ['stopWhen', { stopWhen: steps => steps.length > 2 }, 'condition', 3],
  ])('stops at %s', async (_, options, stopped, asked) => {
    const { client, sent } = open({ reply: both })
    expect((await run(client, request, options)).stopped).toBe(stopped)
    expect(sent()).toHaveLength(asked)
  })

  it('lets beforeStep change the request of its step alone, and tells onStep of each', async () => {
    const told: [ResponseToolStep, number][] = []
    const { client, sent } = open({ reply: [both, 'Sunny.'] })
    await run(client, request, {
      beforeStep: (next, steps) =>
        steps.length ? { ...next, model: 'fake-large', tools: undefined } : undefined,
      onStep: (step, messages) => told.push([step, messages.length]),
    })
    expect(sent().map(({ model, tools }) => [model, tools?.length])).toEqual([
      ['fake-small', 2],
      ['fake-large', undefined],
    ])
    expect(told.map(([{ results }, length]) => [results.length, length])).toEqual([
      [2, 5],
      [0, 6],
    ])
  })

  it('gives pictures in the answer to their call', async () => {
    const picture = { type: 'image_url', imageUrl: { url: 'https://a.test/a.png' } } as const
    const document = { type: 'file', file: { fileId: 'file_1' } } as const
    const look = tool({
      name: 'get_time',
      execute: () => toolContent([{ type: 'text', text: 'Look:' }, picture, document]),
    })
    const { client, sent } = open({ reply: [{ toolCalls: [{ name: 'get_time', arguments: {} }] }, 'I see.'] })
    await run(client, { ...request, tools: [look] })
    expect(sent()[1].input.at(-1).output).toEqual([
      { type: 'input_text', text: 'Look:\n(image_url follows)\n(file follows)' },
      { type: 'input_image', image_url: 'https://a.test/a.png', detail: 'auto' },
      { type: 'input_file', file_id: 'file_1' },
    ])
  })

  it('aborts its tools and rejects with the reason at once', async () => {
    const controller = new AbortController()
    let signal: AbortSignal | undefined
    const stuck = tool({
      name: 'get_weather',
      input: City,
      execute(_, context) {
        signal = context.signal
        return new Promise(() => {})
      },
    })
    const { client, sent } = open({ reply: both })
    const running = run(client, { ...request, tools: [stuck, clock] }, { signal: controller.signal })
    await vi.waitFor(() => expect(signal).toBeDefined())
    const reason = { why: 'the user left' }
    controller.abort(reason)
    expect(await failureOf(running)).toBe(reason)
    expect([signal!.reason, sent().length]).toEqual([reason, 1])
  })

  it('rejects with the error of a request that fails, which has the run so far', async () => {
    const { client } = open({ reply: both, faults: [{}, { status: 500 }] })
    const error = await failureOf(run(client, request))
    expect(error).toBeInstanceOf(ServerError)
    expect(error.partial).toMatchObject({ stopped: 'error', pending: [] })
    expect(outputs(error.partial.messages)).toEqual(['{"city":"Rome","degrees":4}', 'noon'])
    const next = open({ reply: 'Sunny.' })
    expect((await run(next.client, { ...request, input: error.partial.messages })).stopped).toBe('answer')
  })

  it('sends the key of each step with its number', async () => {
    const fetch = createFakeFetch({ reply: [both, 'Sunny.'] })
    await run(createClient({ fetch }), request, { idempotencyKey: 'mine' })
    expect(fetch.requests.map(({ headers }) => headers['idempotency-key'])).toEqual(['mine-0', 'mine-1'])
  })

  it('refuses a conversation that the service would keep, too', async () => {
    const { client, sent } = open({ reply: both })
    const error = await failureOf(run(client, { ...request, conversation: 'conv_1' }))
    expect(error).toBeInstanceOf(ValidationError)
    expect(error).toMatchObject({ issues: [{ path: 'conversation' }] })
    expect(sent()).toEqual([])
  })
})

describe('a response in the background', () => {
  it('is waited for by the stream alone, which goes on by itself', async () => {
    const background = { ...request, background: true }
    const { client } = open({ reply: [both, 'Sunny.'], faults: [{ reset: 5 }] })
    expect(await failureOf(runResponseTools(client, background))).toMatchObject({
      issues: [{ path: 'background' }],
    })
    const told = []
    for await (const event of streamResponseTools(client, background, { resumable: true })) told.push(event)
    expect(told.at(-1)).toMatchObject({ type: 'end', run: { stopped: 'answer', text: 'Sunny.' } })
  })
})

it('sends arguments that are no JSON object as one, and keeps what the model wrote', async () => {
  const broken = { toolCalls: [{ name: 'get_weather', arguments: '{"city": Rome}' }] }
  const { client, sent } = open({ reply: [broken, 'Sorry'] })
  const { messages } = await runResponseTools(client, request)
  const argumentsOf = (items: Sent) => items.find((item: Sent) => item.type === 'function_call').arguments
  expect(JSON.parse(argumentsOf(sent()[1].input))).toEqual({ INVALID_JSON: '{"city": Rome}' })
  expect(argumentsOf(messages)).toBe('{"city": Rome}')
})
