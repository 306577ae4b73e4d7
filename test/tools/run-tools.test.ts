import { describe, expect, it, vi } from 'vitest'
import {
  type APIError,
  type Message,
  OutputError,
  RateLimitError,
  runTools,
  type Schema,
  TimeoutError,
  type ToolStep,
  tool,
} from '../../src/index.ts'
import { counted, deferred, failureOf, settle } from '../client/harness.ts'
import { City, weather } from '../support/city-tools.ts'
import { type Scripted, scripted, unanswered } from './scripted.ts'

const clock = tool({ name: 'get_time', input: City, execute: ({ city }) => `noon in ${city}` })

const user: Message = { role: 'user', content: 'Weather and time in Rome?' }
const request = { model: 'fake-small', messages: [user], tools: [weather, clock] }
const both = [
  { name: 'get_weather', args: { city: 'Rome' } },
  { name: 'get_time', args: { city: 'Rome' } },
]
const done: Scripted = { content: 'Sunny.' }

const toolMessages = (messages: readonly Message[]) =>
  messages.filter(({ role }) => role === 'tool').map(({ content }) => content)

describe('a run', () => {
  it('asks, runs the calls, tells their results, and ends with the answer', async () => {
    const { client, requests } = scripted([{ calls: both }, done])
    const run = await runTools(client, request)
    expect(run).toMatchObject({
      stopped: 'answer',
      text: 'Sunny.',
      pending: [],
      usage: { promptTokens: 20, completionTokens: 10, totalTokens: 30 },
    })
    expect(run.completion!.choices[0].message.content).toBe('Sunny.')
    expect(requests[1].messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          {
            id: 'call_0_0',
            type: 'function',
            function: { name: 'get_weather', arguments: '{"city":"Rome"}' },
          },
          { id: 'call_0_1', type: 'function', function: { name: 'get_time', arguments: '{"city":"Rome"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_0_0', content: '{"city":"Rome","degrees":4}' },
      { role: 'tool', tool_call_id: 'call_0_1', content: 'noon in Rome' },
    ])
    expect(run.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool', 'assistant'])
    expect(run.steps.map(({ results }) => results.map(({ output }) => output))).toEqual([
      [{ city: 'Rome', degrees: 4 }, 'noon in Rome'],
      [],
    ])
  })

  it('leaves the messages that it was given alone', async () => {
    const { client } = scripted([{ calls: both }, done])
    const messages = Object.freeze([Object.freeze(user)])
    await runTools(client, { ...request, messages })
    expect(messages).toEqual([user])
  })

  it('sends an answer back as it came, thinking and what only this service knows', async () => {
    const { client, requests } = scripted([{ calls: both, reasoning: 'Two cities? No.' }, done])
    const run = await runTools(client, request)
    expect(requests[1].messages[1].reasoning_content).toBe('Two cities? No.')
    expect(run.messages[1]).toBe(run.steps[0]!.completion!.choices[0].message)
  })

  it('is decided by calls, not by the reason to finish', async () => {
    const { client } = scripted([
      { calls: both, finish: 'stop' },
      { content: 'Sunny.', finish: 'tool_calls' },
    ])
    expect(await runTools(client, request)).toMatchObject({ stopped: 'answer', text: 'Sunny.' })
  })

  it('sends no list of tools that is empty, which services refuse', async () => {
    const { client, requests } = scripted([done])
    expect((await runTools(client, { ...request, tools: [] })).stopped).toBe('answer')
    expect(requests[0]).not.toHaveProperty('tools')
  })

  it('drops no tools that are no list, which the service tells of', async () => {
    const { client, requests } = scripted([done])
    const error = await failureOf(runTools(client, { ...request, tools: { weather } as never }))
    expect(error).toMatchObject({ status: 400 })
    expect(requests[0].tools).toHaveProperty('weather')
  })

  it('runs the calls of one answer at once, and keeps their results in order', async () => {
    const first = deferred<string>()
    const running: string[] = []
    const slow = tool({
      name: 'get_weather',
      input: City,
      execute: ({ city }) => {
        running.push(city)
        return city === 'first' ? first.promise : city
      },
    })
    const calls = ['first', 'second', 'third'].map(city => ({ name: 'get_weather', args: { city } }))
    const { client, requests } = scripted([{ calls }, done])
    const run = runTools(client, { ...request, tools: [slow] })
    await vi.waitFor(() => expect(running).toEqual(['first', 'second', 'third']))
    first.resolve('late')
    await run
    expect(requests[1].messages.slice(2).map(({ content }: Message) => content)).toEqual([
      'late',
      'second',
      'third',
    ])
  })

  it.each([1, 2, 0, Number.NaN])(
    'runs no more calls at once than `parallel`, here %s, and at least one',
    async parallel => {
      let now = 0
      let most = 0
      const busy = tool({
        name: 'get_weather',
        async execute() {
          most = Math.max(most, ++now)
          await settle(5)
          now--
        },
      })
      const calls = Array.from({ length: 5 }, () => ({ name: 'get_weather' }))
      const { client, requests } = scripted([{ calls }, done])
      await runTools(client, { ...request, tools: [busy] }, { parallel })
      expect(most).toBe(parallel === 2 ? 2 : 1)
      expect(requests[1].messages).toHaveLength(7)
    },
  )

  it('tells a tool of the call, the step, the conversation and its signal', async () => {
    const execute = vi.fn(() => 'noon')
    const told = tool({ name: 'get_time', input: City, execute })
    const { client } = scripted([{ calls: [both[1]!] }, { calls: [both[1]!] }, done])
    await runTools(client, { ...request, tools: [told] })
    expect(execute).toHaveBeenCalledTimes(2)
    expect(execute).toHaveBeenLastCalledWith(
      { city: 'Rome' },
      {
        call: expect.objectContaining({ id: 'call_1_0' }),
        step: 2,
        messages: expect.objectContaining({ length: 4 }),
        signal: expect.any(AbortSignal),
      },
    )
  })

  it.each([
    ['a text', 'noon', 'noon'],
    ['nothing', undefined, 'null'],
    ['null', null, 'null'],
    ['a number', 0, '0'],
    ['an object with nothing in it', {}, '{}'],
    ['one of a class', new (class Place {})(), '{}'],
    ['an empty text', '', ''],
    ['a list', [{ type: 'text', text: 'x' }], '[{"type":"text","text":"x"}]'],
    ['a date', new Date(0), '"1970-01-01T00:00:00.000Z"'],
  ])('tells the model of %s', async (_, output, content) => {
    const { client, requests } = scripted([{ calls: [{ name: 'get_time' }] }, done])
    await runTools(client, { ...request, tools: [tool({ name: 'get_time', execute: () => output })] })
    expect(requests[1].messages.at(-1).content).toBe(content)
  })

  it('gives each of its requests the options of the call, and an idempotency key of its own', async () => {
    const headers: Headers[] = []
    const { client } = scripted([{ calls: both }, done], {
      headers: { 'x-client': 'a' },
      policies: [
        next => (url, init) => {
          headers.push(new Headers(init.headers))
          return next(url, init)
        },
      ],
    })
    await runTools(client, request, { headers: { 'x-call': 'b' }, idempotencyKey: 'k', maxSteps: 5 })
    expect(headers.map(each => [each.get('x-call'), each.get('idempotency-key')])).toEqual([
      ['b', 'k-0'],
      ['b', 'k-1'],
    ])
  })
})

describe('a call that cannot be run as it is', () => {
  const execute = vi.fn(({ city }: { city: string }) => city)
  const strictly = tool({ name: 'get_weather', input: City, execute })

  it.each([
    [
      'no JSON',
      { name: 'get_weather', args: '{"city": Rome' },
      'NOT_JSON',
      'The model wrote no JSON: is not JSON',
    ],
    [
      'what the schema refuses',
      { name: 'get_weather', args: { city: 7 } },
      'SCHEMA',
      'The schema refuses what the model wrote: city: must be a text',
    ],
    [
      'a tool that there is not',
      { name: 'get_whether' },
      'SCHEMA',
      'There is no such tool: name: must be one of get_weather',
    ],
  ])('has %s: the model is told, and its siblings run', async (_, bad, code, content) => {
    execute.mockClear()
    const { client, requests } = scripted([{ calls: [bad, both[0]!] }, done])
    const run = await runTools(client, { ...request, tools: [strictly] })
    expect(run.stopped).toBe('answer')
    expect(requests[1].messages.slice(2)).toEqual([
      { role: 'tool', tool_call_id: 'call_0_0', content },
      { role: 'tool', tool_call_id: 'call_0_1', content: 'Rome' },
    ])
    expect(execute).toHaveBeenCalledTimes(1)
    const { failed, output } = run.steps[0]!.results[0]!
    expect(failed).toBeInstanceOf(OutputError)
    expect(failed).toMatchObject({ code })
    expect(output).toBeUndefined()
  })

  it('is told of at most 20 issues, of long ones not all, and never in the message of the error', async () => {
    const secret = 'x'.repeat(1000)
    const input: Schema<object> = {
      '~standard': {
        validate: () => ({
          issues: Array.from({ length: 100 }, (_, i) => ({
            path: ['a', { key: i }],
            message: `got ${secret}`,
          })),
        }),
        jsonSchema: { input: () => ({ type: 'object' }) },
      },
    }
    const { client, requests } = scripted([{ calls: [{ name: 'get_time' }] }, done])
    const run = await runTools(client, {
      ...request,
      tools: [tool({ name: 'get_time', input, execute: () => 1 })],
    })
    const { content } = requests[1].messages.at(-1)
    expect(content.match(/a\[\d+\]: got x/g)).toHaveLength(20)
    expect(content.length).toBeLessThan(5000)
    const failed = run.steps[0]!.results[0]!.failed as OutputError
    expect(`${failed.message} ${JSON.stringify(failed)}`).not.toContain('xxx')
    expect(failed.issues).toHaveLength(100)
  })

  it.each(['', ' \n'])('has no arguments at all, %j: they stand for none', async args => {
    const { client, requests } = scripted([{ calls: [{ name: 'now', args }] }, done])
    const now = tool({ name: 'now', execute: input => Object.keys(input).length })
    await runTools(client, { ...request, tools: [now] })
    expect(requests[1].messages.at(-1).content).toBe('0')
  })

  it('has no name, which is none of a tool', async () => {
    const { client, requests } = scripted([{ calls: [{ name: '' }] }, done])
    const { stopped } = await runTools(client, request)
    expect([stopped, requests[1].messages.at(-1).content]).toEqual([
      'answer',
      'There is no such tool: name: must be one of get_weather, get_time',
    ])
  })

  it('has something else than an object for a tool that checks nothing', async () => {
    const { client, requests } = scripted([{ calls: [{ name: 'now', args: '[1]' }] }, done])
    await runTools(client, { ...request, tools: [tool({ name: 'now', execute })] })
    expect(requests[1].messages.at(-1).content).toContain('must be an object')
  })

  it('ends the run after `maxInvalid` answers in a row without one that could be run', async () => {
    const bad = { calls: [{ name: 'nothing' }, { name: 'get_weather', args: '{' }] }
    const mixed = { calls: [...bad.calls, both[0]!] }
    const { client, requests } = scripted([bad, bad, mixed, bad, bad, bad, done])
    const run = await runTools(client, request)
    expect(run.stopped).toBe('invalid')
    expect(requests).toHaveLength(6)
    expect(unanswered(JSON.parse(JSON.stringify(run.messages)))).toEqual([])
    const { client: again } = scripted([bad, done])
    expect((await runTools(again, request, { maxInvalid: 1 })).stopped).toBe('invalid')
    const { client: sound } = scripted([{ calls: both }, done])
    expect((await runTools(sound, request, { maxInvalid: 0 })).stopped).toBe('answer')
  })

  it('is one of a custom tool: the caller runs it', async () => {
    const { client } = scripted(async () => ({ calls: [] }))
    const call = { id: 'c', type: 'custom', custom: { name: 'grep', input: 'x' } }
    const messages: Message[] = [user, { role: 'assistant', toolCalls: [call as never] }]
    const run = await runTools(client, { ...request, messages })
    expect(run).toMatchObject({ stopped: 'pending', pending: [call] })
  })
})

describe('a tool that fails', () => {
  const bug = new RangeError('no such city')
  const failing = tool({
    name: 'get_weather',
    input: City,
    execute: () => {
      throw bug
    },
  })

  it('is told to the model, its siblings run, and `failed` keeps the cause', async () => {
    const { client, requests } = scripted([{ calls: both }, done])
    const run = await runTools(client, { ...request, tools: [failing, clock] })
    expect(run.stopped).toBe('answer')
    expect(toolMessages(requests[1].messages)).toEqual(['Failed: no such city', 'noon in Rome'])
    expect(run.steps[0]!.results[0]).toMatchObject({ failed: bug })
  })

  it.each([
    ['rejects', () => Promise.reject(bug), 'Failed: no such city'],
    [
      'throws a text',
      () => {
        throw 'broken'
      },
      'Failed: broken',
    ],
    [
      'throws nothing',
      () => {
        throw undefined
      },
      'Failed: undefined',
    ],
    [
      'throws what is no error',
      () => {
        throw Object.create(null)
      },
      'Failed: it threw no error',
    ],
    [
      'throws a symbol',
      () => {
        throw Symbol('broken')
      },
      'Failed: Symbol(broken)',
    ],
    ['gives what is no JSON', () => 1n, /^Failed: .*BigInt/],
    ['gives a response', () => new Response('Sunny'), 'Failed: [object Response] is no JSON'],
    ['gives a map', () => new Map([['a', 1]]), 'Failed: [object Map] is no JSON'],
    ['gives an error', () => new Error('x'), 'Failed: [object Error] is no JSON'],
    ['gives a stream', () => new ReadableStream(), 'Failed: [object ReadableStream] is no JSON'],
    [
      'is a generator',
      function* () {
        yield 1
      },
      'Failed: [object Generator] is no JSON',
    ],
  ])('%s', async (_, execute, content) => {
    const { client, requests } = scripted([{ calls: [{ name: 'now' }] }, done])
    await runTools(client, { ...request, tools: [tool({ name: 'now', execute })] })
    const told = requests[1].messages.at(-1).content
    if (typeof content === 'string') expect(told).toBe(content)
    else expect(told).toMatch(content)
  })

  it('is a validator that throws', async () => {
    const input: Schema<object> = {
      '~standard': { ...City['~standard'], validate: () => Promise.reject(new Error('no database')) },
    }
    const { client, requests } = scripted([{ calls: [{ name: 'now' }] }, done])
    await runTools(client, { ...request, tools: [tool({ name: 'now', input, execute: () => 1 })] })
    expect(requests[1].messages.at(-1).content).toBe('Failed: no database')
  })

  it('takes too long: its signal aborts, and it is not waited for', async () => {
    vi.useFakeTimers()
    let signal: AbortSignal | undefined
    const endless = tool({
      name: 'get_weather',
      input: City,
      timeout: 1000,
      execute(_, context) {
        signal = context.signal
        return new Promise(() => {})
      },
    })
    const { client, requests } = scripted([{ calls: both }, done])
    const run = runTools(client, { ...request, tools: [endless, clock] })
    await vi.advanceTimersByTimeAsync(999)
    expect(signal?.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(signal?.reason).toBeInstanceOf(TimeoutError)
    const { steps } = await run
    expect(toolMessages(requests[1].messages)).toEqual(['Failed: It took over 1000 ms', 'noon in Rome'])
    expect(steps[0]!.results[0]!.failed).toBe(signal?.reason)
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  it.each([Infinity, 2 ** 31, 0])('has no limit of %s ms', async timeout => {
    const { client, requests } = scripted([{ calls: [{ name: 'now' }] }, done])
    const slow = tool({
      name: 'now',
      timeout,
      execute: () => new Promise(resolve => setTimeout(resolve, 5, 1)),
    })
    await runTools(client, { ...request, tools: [slow] })
    expect(requests[1].messages.at(-1).content).toBe('1')
  })

  it('is told in the words of `onToolError`', async () => {
    const onToolError = vi.fn(async () => ({ hint: 'ask for a larger one' }))
    const { client, requests } = scripted([{ calls: both }, done])
    await runTools(client, { ...request, tools: [failing, clock] }, { onToolError })
    expect(toolMessages(requests[1].messages)[0]).toBe('{"hint":"ask for a larger one"}')
    expect(onToolError).toHaveBeenCalledExactlyOnceWith(bug, expect.objectContaining({ id: 'call_0_0' }))
    const { client: silent, requests: sent } = scripted([{ calls: both }, done])
    await runTools(silent, { ...request, tools: [failing, clock] }, { onToolError: () => undefined })
    expect(toolMessages(sent[1].messages)[0]).toBe('Failed: no such city')
  })

  it('ends the run where `onToolError` throws, and aborts the siblings', async () => {
    let signal: AbortSignal | undefined
    const endless = tool({
      name: 'get_time',
      input: City,
      execute(_, context) {
        signal = context.signal
        return new Promise(() => {})
      },
    })
    const { client, requests } = scripted([{ calls: both }])
    const end = new Error('enough')
    const run = runTools(
      client,
      { ...request, tools: [failing, endless] },
      {
        onToolError() {
          throw end
        },
      },
    )
    expect(await failureOf(run)).toBe(end)
    expect(signal?.aborted).toBe(true)
    expect(requests).toHaveLength(1)
  })

  it('is not what a model wrote wrongly: `onToolError` is not asked about that', async () => {
    const onToolError = vi.fn()
    const { client } = scripted([{ calls: [{ name: 'nothing' }] }, done])
    await runTools(client, request, { onToolError })
    expect(onToolError).not.toHaveBeenCalled()
  })
})

describe('an answer that is cut', () => {
  it.each([
    ['length', 'length'],
    ['content_filter', 'filter'],
  ])('with the reason %s: nothing in it is run', async (finish, stopped) => {
    const execute = vi.fn()
    const { client } = scripted([{ calls: [both[0]!, { name: 'get_time', args: '{"city":"Ro' }], finish }])
    const run = await runTools(client, {
      ...request,
      tools: [tool({ name: 'get_weather', input: City, execute })],
    })
    expect(run.stopped).toBe(stopped)
    expect(run.pending.map(({ id }) => id)).toEqual(['call_0_0', 'call_0_1'])
    expect(execute).not.toHaveBeenCalled()
  })

  it('in its words says so, too', async () => {
    const { client } = scripted([{ content: 'It is su', finish: 'length' }])
    expect(await runTools(client, request)).toMatchObject({
      stopped: 'length',
      text: 'It is su',
      pending: [],
    })
  })

  it('can be taken up again: what is whole runs, and the model is told of the rest', async () => {
    const calls = [both[0]!, { name: 'get_time', args: '{"city":"Ro' }]
    const { client, requests } = scripted([{ calls, finish: 'length' }, done])
    const { messages } = await runTools(client, request)
    const run = await runTools(client, { ...request, messages })
    expect(run.stopped).toBe('answer')
    expect(toolMessages(requests[1].messages)).toEqual([
      '{"city":"Rome","degrees":4}',
      'The model wrote no JSON: is not JSON',
    ])
  })
})

describe('limits', () => {
  const forever = async () => ({ calls: both })

  it.each([
    ['maxSteps', { maxSteps: 2 }, 'steps', 2],
    ['maxSteps, by default', {}, 'steps', 10],
    ['maxTotalTokens', { maxTotalTokens: 45 }, 'tokens', 3],
    ['stopWhen', { stopWhen: (steps: readonly ToolStep[]) => steps.length > 3 }, 'condition', 4],
    ['stopWhen, later', { stopWhen: async (steps: readonly ToolStep[]) => steps.length > 3 }, 'condition', 4],
  ])('%s stops it, says so, and leaves a history that can be sent', async (_, options, stopped, asked) => {
    const { client, requests } = scripted(forever)
    const run = await runTools(client, request, options)
    expect(run.stopped).toBe(stopped)
    expect(requests).toHaveLength(asked)
    expect(run.steps).toHaveLength(asked)
    expect(run.pending).toEqual([])
    const { client: next } = scripted([done])
    expect((await runTools(next, { ...request, messages: run.messages })).stopped).toBe('answer')
  })

  it('do not matter to a run that has its answer', async () => {
    const { client } = scripted([{ calls: both }, done])
    const options = {
      maxSteps: 2,
      maxTotalTokens: 30,
      stopWhen: (steps: readonly ToolStep[]) => steps.length > 1,
    }
    expect((await runTools(client, request, options)).stopped).toBe('answer')
  })

  it('count tokens by their parts where a service gives no sum, and nothing where it gives none', async () => {
    const usage = {
      prompt_tokens: 10,
      completion_tokens: 5,
      completion_tokens_details: { reasoning_tokens: 3 },
    }
    const { client, requests } = scripted(async () => ({ calls: both, usage }))
    const run = await runTools(client, request, { maxTotalTokens: 30 })
    expect(run.stopped).toBe('tokens')
    expect(requests).toHaveLength(2)
    expect(run.usage).toMatchObject({ promptTokens: 20, completionTokensDetails: { reasoningTokens: 6 } })
    const { client: silent } = scripted([
      { calls: both, usage: null },
      { ...done, usage: null },
    ])
    expect((await runTools(silent, request, { maxTotalTokens: 1 })).usage).toEqual({
      promptTokens: 0,
      completionTokens: 0,
      totalTokens: 0,
    })
  })
})

describe('hooks', () => {
  it('beforeStep changes the request of its step alone', async () => {
    const { client, requests } = scripted([{ calls: both }, { calls: both }, done])
    const run = await runTools(client, request, {
      beforeStep: async (next, steps) =>
        steps.length === 1
          ? { ...next, model: 'fake-large', messages: next.messages.slice(0, 1), tools: [clock] }
          : undefined,
    })
    expect(requests.map(({ model, messages, tools }) => [model, messages.length, tools.length])).toEqual([
      ['fake-small', 1, 2],
      ['fake-large', 1, 1],
      ['fake-small', 7, 2],
    ])
    // A tool that was not offered in a step is not run there.
    expect(toolMessages(run.messages)[2]).toContain('There is no such tool')
  })

  it('onStep is told of each whole step, with the conversation up to it', async () => {
    const told: [number, number][] = []
    const { client } = scripted([{ calls: both }, done])
    await runTools(client, request, {
      onStep: async ({ results }, messages) => {
        await settle()
        told.push([results.length, messages.length])
      },
    })
    expect(told).toEqual([
      [2, 4],
      [0, 5],
    ])
  })

  it.each(['beforeStep', 'onStep', 'stopWhen'] as const)('what %s throws ends the run', async hook => {
    const end = new Error('enough')
    const { client } = scripted([{ calls: both }, done])
    const run = runTools(client, request, {
      [hook]() {
        throw end
      },
    })
    expect(await failureOf(run)).toBe(end)
  })
})

describe('an abort', () => {
  const endless = () => {
    const state = { signal: undefined as AbortSignal | undefined }
    const stuck = tool({
      name: 'get_weather',
      input: City,
      execute(_, { signal }) {
        state.signal = signal
        return new Promise(() => {})
      },
    })
    return { stuck, state }
  }

  it('reaches the tools, and rejects with its reason at once, also where a tool ignores it', async () => {
    const { stuck, state } = endless()
    const { controller, listeners } = counted()
    const told: (readonly Message[])[] = []
    const { client, requests } = scripted([{ calls: [both[1]!] }, { calls: both }])
    const run = runTools(
      client,
      { ...request, tools: [stuck, clock] },
      { signal: controller.signal, onStep: (_, messages) => told.push(messages) },
    )
    await vi.waitFor(() => expect(state.signal).toBeDefined())
    const reason = { why: 'the user left' }
    controller.abort(reason)
    expect(await failureOf(run)).toBe(reason)
    expect(state.signal!.reason).toBe(reason)
    expect(requests).toHaveLength(2)
    expect(listeners()).toBe(0)
    // What has been told of is whole, and can be taken up again.
    expect(told).toHaveLength(1)
    const { client: next } = scripted([done])
    expect((await runTools(next, { ...request, messages: told[0]! })).stopped).toBe('answer')
  })

  it("has the caller's own reason, which is not touched", async () => {
    const controller = new AbortController()
    const { client } = scripted(() => new Promise(() => {}))
    const run = runTools(client, request, { signal: controller.signal })
    const reason = new RateLimitError('enough', { status: 429, headers: new Headers() })
    await settle(20)
    controller.abort(reason)
    expect(await failureOf(run)).toBe(reason)
    await settle(20)
    expect(reason.partial).toBeUndefined()
  })

  it('before the run keeps it from beginning', async () => {
    const execute = vi.fn()
    const { client, requests } = scripted([done])
    const open: Message[] = [
      user,
      {
        role: 'assistant',
        toolCalls: [{ id: 'c', type: 'function', function: { name: 'now', arguments: '{}' } }],
      },
    ]
    const run = runTools(
      client,
      { ...request, messages: open, tools: [tool({ name: 'now', execute })] },
      { signal: AbortSignal.abort('no') },
    )
    expect(await failureOf(run)).toBe('no')
    await settle(50)
    expect(execute).not.toHaveBeenCalled()
    expect(requests).toHaveLength(0)
  })

  it.each(['approve', 'beforeStep', 'onStep', 'stopWhen'] as const)('does not wait for %s', async hook => {
    const controller = new AbortController()
    const begun = deferred()
    const stuck = () => {
      begun.resolve()
      return new Promise<never>(() => {})
    }
    const guarded = tool({
      name: 'get_time',
      input: City,
      execute: () => 1,
      ...(hook === 'approve' && { approve: stuck }),
    })
    const { client } = scripted([{ calls: [both[1]!] }, done])
    const options = hook === 'approve' ? {} : { [hook]: stuck }
    const run = runTools(client, { ...request, tools: [guarded] }, { ...options, signal: controller.signal })
    await begun.promise
    controller.abort('left')
    expect(await failureOf(run)).toBe('left')
  })

  it.each([true, false])(
    'lets nothing more happen, whatever a hook does later, here %s',
    async isApproved => {
      const controller = new AbortController()
      const answer = deferred<boolean>()
      const begun = deferred()
      const execute = vi.fn()
      const onStep = vi.fn()
      const guarded = tool({
        name: 'get_time',
        input: City,
        execute,
        approve() {
          begun.resolve()
          return answer.promise
        },
      })
      const { client, requests } = scripted([{ calls: [both[1]!] }, done])
      const run = runTools(client, { ...request, tools: [guarded] }, { signal: controller.signal, onStep })
      await begun.promise
      controller.abort('left')
      expect(await failureOf(run)).toBe('left')
      answer.resolve(isApproved)
      await settle(50)
      expect(execute).not.toHaveBeenCalled()
      expect(onStep).not.toHaveBeenCalled()
      expect(requests).toHaveLength(1)
    },
  )

  it('lets no other tool begin, and is not told as an error of the tool', async () => {
    const controller = new AbortController()
    const begun: string[] = []
    const onToolError = vi.fn()
    const obedient = tool({
      name: 'get_weather',
      input: City,
      execute({ city }, { signal }) {
        begun.push(city)
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      },
    })
    const calls = ['Rome', 'Oslo'].map(city => ({ name: 'get_weather', args: { city } }))
    const { client } = scripted([{ calls }])
    const options = { signal: controller.signal, parallel: 1, onToolError }
    const run = runTools(client, { ...request, tools: [obedient] }, options)
    await vi.waitFor(() => expect(begun).toEqual(['Rome']))
    controller.abort('left')
    expect(await failureOf(run)).toBe('left')
    await settle(50)
    expect(begun).toEqual(['Rome'])
    expect(onToolError).not.toHaveBeenCalled()
  })
})

describe('a request that fails', () => {
  it('rejects with its typed error, which carries the run up to then', async () => {
    const { client } = scripted([{ calls: both }, { status: 429 }])
    const error = await failureOf(runTools(client, request))
    expect(error).toBeInstanceOf(RateLimitError)
    expect(error.partial).toMatchObject({ stopped: 'error', pending: [], usage: { totalTokens: 15 } })
    expect(error.partial.steps).toHaveLength(1)
    const { client: next } = scripted([done])
    const run = await runTools(next, { ...request, messages: error.partial.messages })
    expect(run.stopped).toBe('answer')
  })

  it('at once has a run without an answer', async () => {
    const { client } = scripted([{ status: 500 }])
    const { partial } = await failureOf(runTools(client, request))
    expect(partial).toMatchObject({ stopped: 'error', completion: undefined, text: '', messages: [user] })
  })

  it('does not print the run', async () => {
    const { client } = scripted([{ calls: both }, { status: 500 }])
    const error: APIError = await failureOf(runTools(client, request))
    expect(JSON.stringify(error)).not.toContain('Rome')
  })
})
