import { describe, expect, it, vi } from 'vitest'
import {
  type ChatCompletionRequest,
  chat,
  type Fetch,
  type Message,
  type Tool,
  ValidationError,
} from '../../src/index.ts'
import { createFakeFetch } from '../../src/testing/index.ts'
import { clientOf, failureOf } from '../client/harness.ts'

const fetch = createFakeFetch()
const client = clientOf(fetch)
const begun = chat(client).model('fake-small').user('Say hello to Ada')
const base = { model: 'fake-small', messages: [{ role: 'user', content: 'Say hello to Ada' }] }
const tool: Tool = {
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', properties: { cityName: { type: 'string' } } } },
}

/** Where the value of a call is bad. */
async function pathsOf(work: () => unknown): Promise<string[]> {
  const error = await failureOf(work)
  expect(error).toBeInstanceOf(ValidationError)
  return error.issues.map(({ path }: { path: string }) => path)
}

describe('each method', () => {
  it.each<[string, (builder: typeof begun) => typeof begun, object]>([
    ['model', builder => builder.model('other'), { ...base, model: 'other' }],
    ['temperature', builder => builder.temperature(0), { ...base, temperature: 0 }],
    ['maxTokens', builder => builder.maxTokens(5), { ...base, maxTokens: 5 }],
    ['topP', builder => builder.topP(0.5), { ...base, topP: 0.5 }],
    ['n', builder => builder.n(2), { ...base, n: 2 }],
    ['stop', builder => builder.stop('a', ['b', 'c']), { ...base, stop: ['a', 'b', 'c'] }],
    ['seed', builder => builder.seed(7), { ...base, seed: 7 }],
    ['tools', builder => builder.tools([tool]), { ...base, tools: [tool] }],
    ['toolChoice', builder => builder.toolChoice('required'), { ...base, toolChoice: 'required' }],
    [
      'toolChoice by name',
      builder => builder.toolChoice('weather'),
      { ...base, toolChoice: { type: 'function', function: { name: 'weather' } } },
    ],
    [
      'responseFormat',
      builder => builder.responseFormat({ type: 'text' }),
      { ...base, responseFormat: { type: 'text' } },
    ],
    ['jsonResponse', builder => builder.jsonResponse(), { ...base, responseFormat: { type: 'json_object' } }],
    ['set', builder => builder.set({ user: 'u', some_vendor: 1 }), { ...base, user: 'u', some_vendor: 1 }],
  ])('%s', (_, change, request) => {
    expect(change(begun).build()).toEqual(request)
  })

  it('that adds a message appends it', () => {
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }
    const { messages } = chat(client)
      .model('m')
      .system('s')
      .developer('d')
      .user([{ type: 'text', text: 'u' }])
      .assistant(null, { toolCalls: [call] })
      .tool('c', 'result')
      .message({ role: 'assistant', content: 'a', name: 'n' })
      .build()
    expect(messages).toEqual([
      { role: 'system', content: 's' },
      { role: 'developer', content: 'd' },
      { role: 'user', content: [{ type: 'text', text: 'u' }] },
      { role: 'assistant', content: null, toolCalls: [call] },
      { role: 'tool', toolCallId: 'c', content: 'result' },
      { role: 'assistant', content: 'a', name: 'n' },
    ])
    expect(begun.messages([{ role: 'user', content: 'only' }]).build().messages).toHaveLength(1)
  })

  it.each(['auto', 'none', 'required'] as const)('toolChoice knows %s', choice => {
    expect(begun.toolChoice(choice).build().toolChoice).toBe(choice)
  })
})

describe('a builder', () => {
  it('is never changed, so it can be continued in several ways', () => {
    const before = begun.build()
    const cold = begun.temperature(0)
    const warm = begun.temperature(1).user('More')
    expect(cold.build()).toEqual({ ...base, temperature: 0 })
    expect(warm.build().messages).toHaveLength(2)
    expect(begun.build()).toEqual(before)
  })

  it('does not see what happens to its values later, nor to what it builds', () => {
    const content = [{ type: 'text' as const, text: 'before' }]
    const metadata = { aB: 'before' }
    const builder = chat(client).model('m').user(content).set({ metadata })
    content[0]!.text = 'after'
    metadata.aB = 'after'
    const built = builder.build() as unknown as {
      messages: { content: { text: string }[] }[]
      metadata: object
    }
    expect(built).toMatchObject({ messages: [{ content: [{ text: 'before' }] }], metadata: { aB: 'before' } })
    built.messages[0]!.content[0]!.text = 'changed'
    expect(builder.build().messages[0]!.content).toEqual([{ type: 'text', text: 'before' }])
  })

  it('tells nothing when it is printed', () => {
    expect(JSON.stringify(begun)).toBe('{}')
    expect(Object.keys(begun)).toEqual([])
  })
})

describe('a bad value', () => {
  it.each<[string, () => unknown, string[]]>([
    ['model', () => begun.model(''), ['model']],
    ['model', () => begun.model(5 as never), ['model']],
    ['temperature', () => begun.temperature(2.1), ['temperature']],
    ['temperature', () => begun.temperature(Number.NaN), ['temperature']],
    ['maxTokens', () => begun.maxTokens(0), ['maxTokens']],
    ['topP', () => begun.topP(-1), ['topP']],
    ['n', () => begun.n(129), ['n']],
    ['stop', () => begun.stop('1', '2', '3', '4', '5'), ['stop']],
    ['seed', () => begun.seed(1.5), ['seed']],
    ['tools', () => begun.tools('x' as never), ['tools']],
    ['toolChoice', () => begun.toolChoice(5 as never), ['toolChoice']],
    ['responseFormat', () => begun.responseFormat({} as never), ['responseFormat.type']],
    ['user', () => begun.user(5 as never), ['messages[1].content']],
    ['message', () => begun.message({} as Message), ['messages[1].role']],
    ['messages', () => begun.messages([]), ['messages']],
    [
      'set',
      () => begun.set({ temperature: 3, max_tokens: 0, vendor_list: [1n] }),
      ['temperature', 'max_tokens'],
    ],
    ['set', () => begun.set({ vendor_map: { deep: Number.NaN } }), ['vendor_map.deep']],
  ])('throws at the method that it was given to: %s', async (_, work, paths) => {
    expect(await pathsOf(work)).toEqual(paths)
  })

  it('is never in the message', async () => {
    const error = await failureOf(() => begun.model('SECRET\n'))
    expect(error.message).not.toContain('SECRET')
  })

  it('is not what a name is that objects inherit', () => {
    const parameters = JSON.parse('{"constructor":1,"toString":2,"__proto__":{"aB":3}}')
    expect(JSON.stringify(begun.set(parameters).build())).toContain(
      '"constructor":1,"toString":2,"__proto__":{"aB":3}',
    )
  })
})

describe('before a model and a message are there', () => {
  it.each(['build', 'execute', 'stream'] as const)('%s throws', async method => {
    const builder = chat(client) as unknown as typeof begun
    expect(await pathsOf(() => builder[method]())).toEqual(['model', 'messages'])
    expect(await pathsOf(() => (builder.model('m') as typeof begun)[method]())).toEqual(['messages'])
  })
})

describe('what is sent', () => {
  it('is the request, with the options of the call', async () => {
    fetch.reset()
    const { data, attempts } = await begun
      .maxTokens(3)
      .execute({ headers: { 'x-a': '1' } })
      .withResponse()
    expect(data.choices[0].finishReason).toBe('length')
    expect(attempts).toBe(1)
    expect(fetch.requests[0]).toMatchObject({ body: { ...base, max_tokens: 3 }, headers: { 'x-a': '1' } })
  })

  it('may be a stream', async () => {
    fetch.reset()
    const stream = begun.stream({ keepChunks: true, extraBody: { x: 1 } })
    const text = await stream.collect()
    expect(text).toBe((await begun.execute()).choices[0].message.content)
    expect(stream.chunks.length).toBeGreaterThan(1)
    expect(fetch.requests[0]!.body).toEqual({ ...base, stream: true, x: 1 })
  })

  it('may begin with a request that is there already', async () => {
    const next = vi.fn<Fetch>(createFakeFetch())
    const built = chat(clientOf(next)).set(base as ChatCompletionRequest & typeof base)
    await built.execute()
    expect(JSON.parse(next.mock.calls[0]![1].body as string)).toEqual(base)
  })
})
