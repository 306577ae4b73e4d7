import { describe, expect, it, vi } from 'vitest'
import {
  type ChatCompletion,
  createClient,
  IncompleteStreamError,
  type Message,
  streamTools,
  type ToolEvent,
  type ToolRun,
  tool,
} from '../../src/index.ts'
import { counted, deferred, failureOf, settle } from '../client/harness.ts'
import { bodyOf, bytesOf, chunk, drain, STOP, sse } from '../support/frames.ts'
import { type Scripted, scripted } from './scripted.ts'

const user: Message = { role: 'user', content: 'What time is it in Rome and in Oslo?' }
const clock = tool<{ city: string }>({
  name: 'get_time',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
  execute: ({ city }) => `noon in ${city}`,
})
const request = { model: 'fake-small', messages: [user], tools: [clock] }
const calls = ['Rome', 'Oslo'].map(city => ({ name: 'get_time', args: { city } }))
const done: Scripted = { content: 'It is noon in both.' }

/** A tool that never ends, and what it knows. */
function endless() {
  const begun = deferred<AbortSignal>()
  const stuck = tool({
    name: 'get_time',
    execute(_, { signal }) {
      begun.resolve(signal)
      return new Promise(() => {})
    },
  })
  return { stuck, begun: begun.promise }
}

/** Texts in one, the rest by its type. */
function summary(events: readonly ToolEvent[]): string[] {
  const lines: string[] = []
  for (const event of events) {
    const isText = event.type === 'text' || event.type === 'reasoning'
    if (!isText) lines.push(event.type)
    else if (lines.at(-1)?.startsWith(event.type)) lines.push(lines.pop() + event.delta)
    else lines.push(`${event.type}: ${event.delta}`)
  }
  return lines
}

describe('the events of a run', () => {
  it('come as they happen, and end with the run', async () => {
    const { client, requests } = scripted([
      { calls, content: 'Let me look.', reasoning: 'Two cities.' },
      done,
    ])
    const { values, error } = await drain(streamTools(client, request))
    expect(error).toBeUndefined()
    expect(summary(values)).toEqual([
      'reasoning: Two cities.',
      'text: Let me look.',
      'toolCall',
      'toolCall',
      'toolResult',
      'toolResult',
      'step',
      'text: It is noon in both.',
      'step',
      'end',
    ])
    const end = values.at(-1) as { run: ToolRun }
    expect(end.run).toMatchObject({
      stopped: 'answer',
      text: 'It is noon in both.',
      usage: { totalTokens: 30 },
    })
    expect(end.run.messages).toHaveLength(5)
    expect(requests.map(({ stream }) => stream)).toEqual([true, true])
  })

  it('tell of a result when it is there, not in the order of the calls', async () => {
    const rome = deferred()
    const slow = tool<{ city: string }>({
      name: 'get_time',
      parameters: {},
      execute: async ({ city }) => (city === 'Rome' ? rome.promise : undefined),
    })
    const { client, requests } = scripted([{ calls }, done])
    const order: string[] = []
    for await (const event of streamTools(client, { ...request, tools: [slow] })) {
      if (event.type !== 'toolResult') continue
      order.push(event.toolCall.id)
      rome.resolve()
    }
    expect(order).toEqual(['call_0_1', 'call_0_0'])
    expect(requests[1].messages.slice(2).map(({ tool_call_id: id }: { tool_call_id: string }) => id)).toEqual(
      ['call_0_0', 'call_0_1'],
    )
  })

  it('send thinking back as it came', async () => {
    const { client, requests } = scripted([{ calls, reasoning: 'Two cities.' }, done])
    const { values } = await drain(streamTools(client, request))
    const { run } = values.at(-1) as { run: ToolRun }
    const [step] = run.steps
    expect(run.messages[1]).toBe(step!.completion!.choices[0].message)
    expect(JSON.stringify(requests[1].messages[1])).toContain('Two cities.')
  })

  it('go on by demand: no tool begins while the loop is busy with its call', async () => {
    const execute = vi.fn(() => 'noon')
    const { client } = scripted([{ calls }, done])
    const events = streamTools(client, { ...request, tools: [tool({ name: 'get_time', execute })] })
    for await (const { type } of events) {
      if (type !== 'toolCall') continue
      await settle(50)
      expect(execute).not.toHaveBeenCalled()
    }
    expect(execute).toHaveBeenCalledTimes(2)
  })

  it('read the service by demand', async () => {
    const pieces = Array.from({ length: 100 }, (_, i) => bytesOf(sse(chunk({ content: `${i} ` }))))
    const body = bodyOf([...pieces, bytesOf(sse(STOP, '[DONE]'))])
    const client = createClient({ fetch: async () => new Response(body.body) })
    const events = streamTools(client, request)
    for (let i = 0; i < 10; i++) await events.next()
    await settle(50)
    expect(body.pulls).toBeLessThan(13)
    await events.return()
    expect(body.cancels).toBe(1)
  })

  it('begin only when they are read', async () => {
    const { client, requests } = scripted([done])
    const events = streamTools(client, request)
    await settle()
    expect(requests).toHaveLength(0)
    await events.return()
    expect(await events.next()).toEqual({ done: true, value: undefined })
    expect(requests).toHaveLength(0)
  })

  it('answer calls of next that overlap in order, and give the run at the end, however often', async () => {
    const { client } = scripted([{ content: 'abcdefg hijklm' }])
    const events = streamTools(client, request)
    const first = await Promise.all([events.next(), events.next(), events.next(), events.next()])
    expect(summary(first.map(({ value }) => value as ToolEvent))).toEqual([
      'text: abcdefg hijklm',
      'step',
      'end',
    ])
    const last = await events.next()
    expect(last).toMatchObject({ done: true, value: { stopped: 'answer' } })
    expect(await events.next()).toEqual(last)
  })

  it.each([
    [undefined, undefined, undefined],
    [100, undefined, { include_usage: true }],
    [100, null, null],
    [100, { includeUsage: false }, { include_usage: false }],
    [undefined, { includeUsage: true }, { include_usage: true }],
  ])(
    'with a limit of %s tokens and the options %o ask for counts: %o',
    async (maxTotalTokens, streamOptions, sent) => {
      const { client, requests } = scripted([done])
      await drain(
        streamTools(
          client,
          { ...request, ...(streamOptions !== undefined && { streamOptions }) },
          { maxTotalTokens },
        ),
      )
      expect(requests[0].stream_options).toEqual(sent)
    },
  )
})

describe('leaving the loop', () => {
  it('in the middle of a text ends the request at once', async () => {
    const { client, aborted } = scripted([{ content: 'It is noon in both.', silent: 2 }])
    for await (const event of streamTools(client, request)) {
      expect(event.type).toBe('text')
      expect(aborted(0)).toBe(false)
      break
    }
    expect(aborted(0)).toBe(true)
  })

  it('while a tool runs aborts the tool, and a read that waits is over at once', async () => {
    const { stuck, begun } = endless()
    const { client, requests } = scripted([{ calls }])
    const events = streamTools(client, { ...request, tools: [stuck] })
    await events.next()
    await events.next()
    const waiting = events.next()
    const signal = await begun
    expect(signal.aborted).toBe(false)
    await events.return()
    expect(signal.aborted).toBe(true)
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(await events.next()).toEqual({ done: true, value: undefined })
    expect(requests).toHaveLength(1)
  })

  it('while the answer is waited for ends the request', async () => {
    const { client, aborted } = scripted(() => new Promise(() => {}))
    const events = streamTools(client, request)
    const waiting = events.next()
    await settle(50)
    await events.return()
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(aborted(0)).toBe(true)
  })

  it('lets nothing more happen', async () => {
    const answer = deferred()
    const begun = deferred()
    const hooks = { onStep: vi.fn(), stopWhen: vi.fn() }
    const slow = tool({
      name: 'get_time',
      execute() {
        begun.resolve()
        return answer.promise
      },
    })
    const { client, requests } = scripted([{ calls }, done])
    const events = streamTools(client, { ...request, tools: [slow] }, hooks)
    await events.next()
    await events.next()
    const waiting = events.next()
    await begun.promise
    await events.return()
    answer.resolve()
    await waiting
    await settle(100)
    expect(hooks.onStep).not.toHaveBeenCalled()
    expect(requests).toHaveLength(1)
  })

  it('takes its listener off the signal', async () => {
    const { controller, listeners } = counted()
    const { client } = scripted([done, done])
    await drain(streamTools(client, request, { signal: controller.signal }))
    expect(listeners()).toBe(0)
    for await (const _ of streamTools(client, request, { signal: controller.signal })) break
    await settle(50)
    expect(listeners()).toBe(0)
  })
})

describe('an abort', () => {
  it('in a tool reaches it, and is thrown with its reason at once', async () => {
    const { stuck, begun } = endless()
    const controller = new AbortController()
    const { client } = scripted([{ calls }])
    const result = drain(streamTools(client, { ...request, tools: [stuck] }, { signal: controller.signal }))
    const signal = await begun
    const reason = { why: 'stop' }
    controller.abort(reason)
    expect((await result).error).toBe(reason)
    expect(signal.reason).toBe(reason)
  })

  it('between two events is thrown by the next read', async () => {
    const controller = new AbortController()
    const { client, aborted } = scripted([done])
    const events = streamTools(client, request, { signal: controller.signal })
    await events.next()
    controller.abort('stop')
    expect(await failureOf(events.next())).toBe('stop')
    expect(aborted(0)).toBe(true)
  })

  it('before the beginning is thrown, and nothing is sent', async () => {
    const { client, requests } = scripted([done])
    const { values, error } = await drain(streamTools(client, request, { signal: AbortSignal.abort('no') }))
    expect([values, error]).toEqual([[], 'no'])
    expect(requests).toHaveLength(0)
  })
})

describe('a stream that is cut', () => {
  it('throws, with the run up to then and the answer so far', async () => {
    const { client } = scripted([{ calls }, { ...done, cut: 2 }])
    const { values, error } = await drain(streamTools(client, request))
    expect(summary(values).at(-1)).toBe('text: It is n')
    expect(error).toBeInstanceOf(IncompleteStreamError)
    const { partial } = error as { partial: ToolRun }
    expect(partial).toMatchObject({ stopped: 'error', text: 'It is n' })
    expect(partial.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool'])
    const { client: again } = scripted([done])
    const { values: more } = await drain(streamTools(again, { ...request, messages: partial.messages }))
    expect((more.at(-1) as { run: ToolRun }).run.stopped).toBe('answer')
  })

  it('throws again where it is read again, and can be left', async () => {
    const { client } = scripted([{ ...done, cut: 1 }])
    const events = streamTools(client, request)
    const error = await failureOf(events.next())
    expect(error).toBeInstanceOf(IncompleteStreamError)
    expect(await failureOf(events.next())).toBe(error)
    expect(await events.return()).toEqual({ done: true, value: undefined })
  })

  it('in the middle of arguments runs nothing', async () => {
    const execute = vi.fn()
    const { client } = scripted([{ calls, cut: 5 }])
    const { error } = await drain(
      streamTools(client, { ...request, tools: [tool({ name: 'get_time', execute })] }),
    )
    expect(error).toBeInstanceOf(IncompleteStreamError)
    expect(execute).not.toHaveBeenCalled()
    expect(
      (error as { partial: { completion: ChatCompletion } }).partial.completion.choices[0].finishReason,
    ).toBe(null)
  })
})
