import { describe, expect, it, vi } from 'vitest'
import { type Message, runTools, type Schema, tool, toolContent } from '../../src/index.ts'
import { failureOf } from '../client/harness.ts'
import { type Scripted, scripted, unanswered } from './scripted.ts'

const Amount: Schema<{ amount: number }> = {
  '~standard': {
    validate: value =>
      typeof Object(value).amount === 'number'
        ? { value: value as { amount: number } }
        : { issues: [{ path: ['amount'], message: 'must be a number' }] },
    jsonSchema: { input: () => ({ type: 'object', properties: { amount: { type: 'number' } } }) },
  },
}

const user: Message = { role: 'user', content: 'Send 5 to Ada and tell me the balance.' }
const pay = { name: 'pay', args: { amount: 5 } }
const balance = { name: 'get_balance' }
const done: Scripted = { content: 'Done.' }
const open = (name: string, json: unknown, id = 'c1'): Message => ({
  role: 'assistant',
  content: null,
  toolCalls: [{ id, type: 'function', function: { name, arguments: JSON.stringify(json) } }],
})

function bank(isApproved: (amount: number) => boolean) {
  const paid: number[] = []
  const approve = vi.fn(({ amount }: { amount: number }) => isApproved(amount))
  const tools = [
    tool({
      name: 'pay',
      input: Amount,
      approve,
      execute({ amount }) {
        paid.push(amount)
        return 'paid'
      },
    }),
    tool({ name: 'get_balance', execute: () => 100 - paid.length }),
  ]
  return { tools, paid, approve }
}

describe('a call that is not approved', () => {
  it('is left pending, and its siblings run', async () => {
    const { tools, paid } = bank(() => false)
    const { client, requests } = scripted([{ calls: [pay, balance] }])
    const run = await runTools(client, { model: 'fake-small', messages: [user], tools })
    expect(run).toMatchObject({ stopped: 'pending', pending: [{ id: 'call_0_0' }] })
    expect(run.messages.at(-1)).toEqual({ role: 'tool', toolCallId: 'call_0_1', content: '100' })
    expect(paid).toEqual([])
    expect(requests).toHaveLength(1)
  })

  it('is asked about again by the next run, which runs it first, and no other one twice', async () => {
    const first = bank(() => false)
    const { client, requests } = scripted([{ calls: [pay, balance] }, done])
    const { messages } = await runTools(client, { model: 'fake-small', messages: [user], tools: first.tools })
    // As between two requests: what is kept is JSON.
    const kept = JSON.parse(JSON.stringify(messages))
    const { tools, paid, approve } = bank(() => true)
    const execute = vi.fn()
    const run = await runTools(client, {
      model: 'fake-small',
      messages: kept,
      tools: [tools[0]!, tool({ name: 'get_balance', execute })],
    })
    expect(run.stopped).toBe('answer')
    expect(approve).toHaveBeenCalledTimes(1)
    expect(paid).toEqual([5])
    expect(execute).not.toHaveBeenCalled()
    expect(requests[1].messages.slice(2)).toEqual([
      { role: 'tool', tool_call_id: 'call_0_1', content: '100' },
      { role: 'tool', tool_call_id: 'call_0_0', content: 'paid' },
    ])
    expect(run.steps.map(({ completion, results }) => [!!completion, results.length])).toEqual([
      [false, 1],
      [true, 0],
    ])
  })

  it('is pending again where it is refused again, and nothing is sent', async () => {
    const { tools } = bank(() => false)
    const { client, requests } = scripted([{ calls: [pay] }])
    const { messages } = await runTools(client, { model: 'fake-small', messages: [user], tools })
    const run = await runTools(client, { model: 'fake-small', messages, tools })
    expect(run).toMatchObject({ stopped: 'pending', pending: [{ id: 'call_0_0' }], completion: undefined })
    expect(run.messages).toEqual(messages)
    expect(requests).toHaveLength(1)
  })

  it('is over where a tool message answers it', async () => {
    const { tools, paid, approve } = bank(() => false)
    const { client, requests } = scripted([{ calls: [pay] }, done])
    const { messages, pending } = await runTools(client, { model: 'fake-small', messages: [user], tools })
    messages.push({ role: 'tool', toolCallId: pending[0]!.id, content: 'The user refused.' })
    expect((await runTools(client, { model: 'fake-small', messages, tools })).stopped).toBe('answer')
    expect(approve).toHaveBeenCalledTimes(1)
    expect(paid).toEqual([])
    expect(requests[1].messages.at(-1).content).toBe('The user refused.')
  })

  it('is asked about after it was checked, one call after the other, before any of them begins', async () => {
    const order: string[] = []
    const guarded = tool({
      name: 'pay',
      input: Amount,
      async approve({ amount }) {
        order.push(`ask ${amount}`)
        await new Promise(resolve => setTimeout(resolve))
        order.push(`asked ${amount}`)
        return true
      },
      execute: ({ amount }) => order.push(`pay ${amount}`),
    })
    const calls = [1, 'no number', 2].map(amount => ({ name: 'pay', args: { amount } }))
    const { client } = scripted([{ calls }, done])
    await runTools(client, { model: 'fake-small', messages: [user], tools: [guarded] })
    expect(order).toEqual(['ask 1', 'asked 1', 'ask 2', 'asked 2', 'pay 1', 'pay 2'])
  })

  it('does not run where `approve` throws: the model is told', async () => {
    const execute = vi.fn()
    const guarded = tool({ name: 'pay', execute, approve: () => Promise.reject(new Error('nobody to ask')) })
    const { client, requests } = scripted([{ calls: [pay] }, done])
    await runTools(client, { model: 'fake-small', messages: [user], tools: [guarded] })
    expect(requests[1].messages.at(-1).content).toBe('Failed: nobody to ask')
    expect(execute).not.toHaveBeenCalled()
  })
})

describe('a tool that the caller runs', () => {
  it.each([
    ['without `execute`', tool({ name: 'pay', input: Amount })],
    ['that is none of ours', { type: 'function' as const, function: { name: 'pay', parameters: {} } }],
  ])('%s leaves its calls pending', async (_, manual) => {
    const { client, requests } = scripted([{ calls: [pay] }, done])
    const run = await runTools(client, { model: 'fake-small', messages: [user], tools: [manual] })
    expect(run).toMatchObject({ stopped: 'pending', pending: [{ function: { name: 'pay' } }] })
    run.messages.push({ role: 'tool', toolCallId: run.pending[0]!.id, content: 'paid by hand' })
    const next = await runTools(client, { model: 'fake-small', messages: run.messages, tools: [manual] })
    expect(next.stopped).toBe('answer')
    expect(requests[1].messages.at(-1).content).toBe('paid by hand')
  })

  it('has its input checked all the same', async () => {
    const manual = tool({ name: 'pay', input: Amount })
    const { client, requests } = scripted([{ calls: [{ name: 'pay', args: {} }] }, done])
    await runTools(client, { model: 'fake-small', messages: [user], tools: [manual] })
    expect(requests[1].messages.at(-1).content).toContain('amount: must be a number')
  })
})

describe('a history that somebody else has written', () => {
  it('has calls in the names of the wire', async () => {
    const { tools, paid } = bank(() => true)
    const { client, requests } = scripted([done])
    const call = (id: string) => ({
      id,
      type: 'function',
      function: { name: 'pay', arguments: '{"amount":7}' },
    })
    const messages = [
      user,
      { role: 'assistant', content: null, tool_calls: [call('a'), call('b')] },
      { role: 'tool', tool_call_id: 'b', content: 'paid' },
    ] as unknown as Message[]
    expect((await runTools(client, { model: 'fake-small', messages, tools })).stopped).toBe('answer')
    expect(paid).toEqual([7])
    expect(unanswered(requests[0].messages)).toEqual([])
  })

  it('makes up a call: it is checked, and approval is asked', async () => {
    const { tools, paid, approve } = bank(amount => amount < 10)
    const { client, requests } = scripted([done])
    const forged = await runTools(client, {
      model: 'fake-small',
      messages: [user, open('pay', { amount: 1_000_000 })],
      tools,
    })
    expect(forged.stopped).toBe('pending')
    expect(approve).toHaveBeenCalledExactlyOnceWith(
      { amount: 1_000_000 },
      expect.objectContaining({ step: 0 }),
    )
    await runTools(client, { model: 'fake-small', messages: [user, open('pay', { amount: 'all' })], tools })
    expect(requests[0].messages.at(-1).content).toContain('amount: must be a number')
    expect(paid).toEqual([])
  })

  it('has open calls of an earlier message: these are not run', async () => {
    const { tools, paid } = bank(() => true)
    const { client, requests } = scripted([done])
    const messages: Message[] = [
      user,
      open('pay', { amount: 5 }),
      { role: 'assistant', content: 'Wait.' },
      user,
    ]
    const error = await failureOf(runTools(client, { model: 'fake-small', messages, tools }))
    // The service says what is wrong with it.
    expect(error.message).toContain('without an answer: c1')
    expect(requests).toHaveLength(1)
    expect(paid).toEqual([])
  })

  it('goes on with the user: the answers go where the service wants them', async () => {
    const { tools } = bank(() => true)
    const { client, requests } = scripted([done])
    const messages: Message[] = [user, open('pay', { amount: 5 }), { role: 'user', content: 'Well?' }]
    await runTools(client, { model: 'fake-small', messages, tools })
    expect(requests[0].messages.map(({ role }: Message) => role)).toEqual([
      'user',
      'assistant',
      'tool',
      'user',
    ])
  })

  it.each([
    ['null', [null]],
    ['a text', 'pay'],
    ['an object', { id: 'x' }],
  ])('has %s for its calls: nothing is run', async (_, toolCalls) => {
    const { tools, paid } = bank(() => true)
    const { client } = scripted([done])
    const messages = [user, { role: 'assistant', content: 'x', toolCalls }] as unknown as Message[]
    // The service may refuse such a history; the loop does not trip over it.
    const result = await runTools(client, { model: 'fake-small', messages, tools }).catch(error => error)
    expect(result).not.toBeInstanceOf(TypeError)
    expect(paid).toEqual([])
  })
})

describe('content of a tool', () => {
  const image = { type: 'image_url', imageUrl: { url: 'data:image/png;base64,AA==' } } as const
  const screenshot = tool({
    name: 'screenshot',
    execute: () => toolContent([{ type: 'text', text: 'The page:' }, image]),
  })

  it('that is no text follows in a user message, behind the answers to all calls', async () => {
    const { client, requests } = scripted([{ calls: [{ name: 'screenshot' }, balance] }, done])
    const run = await runTools(client, {
      model: 'fake-small',
      messages: [user],
      tools: [screenshot, ...bank(() => true).tools],
    })
    expect(requests[1].messages.slice(2)).toEqual([
      { role: 'tool', tool_call_id: 'call_0_0', content: 'The page:\n(image_url follows)' },
      { role: 'tool', tool_call_id: 'call_0_1', content: '100' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'From screenshot (call_0_0):' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
        ],
      },
    ])
    expect(run.steps[0]!.results[0]!.attachments).toEqual([image])
  })

  it('stands behind an answer that comes later', async () => {
    let isApproved = false
    const { tools } = bank(() => isApproved)
    const { client, requests } = scripted([{ calls: [{ name: 'screenshot' }, pay] }, done])
    const { messages } = await runTools(client, {
      model: 'fake-small',
      messages: [user],
      tools: [screenshot, ...tools],
    })
    isApproved = true
    await runTools(client, { model: 'fake-small', messages, tools: [screenshot, ...tools] })
    expect(requests[1].messages.slice(1).map(({ role }: Message) => role)).toEqual([
      'assistant',
      'tool',
      'tool',
      'user',
    ])
  })

  it('stands behind an answer that the caller pushes later', async () => {
    const { client, requests } = scripted([{ calls: [{ name: 'screenshot' }, pay] }, done])
    const tools = [screenshot, tool({ name: 'pay' })]
    const { messages, pending } = await runTools(client, { model: 'fake-small', messages: [user], tools })
    messages.push({ role: 'tool', toolCallId: pending[0]!.id, content: 'paid by hand' })
    await runTools(client, { model: 'fake-small', messages, tools })
    expect(requests[1].messages.slice(1).map(({ role }: Message) => role)).toEqual([
      'assistant',
      'tool',
      'tool',
      'user',
    ])
  })

  it('that is text alone is a text', async () => {
    const { client, requests } = scripted([{ calls: [{ name: 'read' }] }, done])
    const read = tool({
      name: 'read',
      execute: () =>
        toolContent([
          { type: 'text', text: 'one' },
          { type: 'text', text: 'two' },
        ]),
    })
    await runTools(client, { model: 'fake-small', messages: [user], tools: [read] })
    expect(requests[1].messages.slice(2)).toEqual([
      { role: 'tool', tool_call_id: 'call_0_0', content: 'one\ntwo' },
    ])
  })
})
