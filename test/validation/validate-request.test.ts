import { describe, expect, it, vi } from 'vitest'
import {
  createChatCompletion,
  createEmbedding,
  type Fetch,
  LLMClient,
  listModels,
  ValidationError,
  validateRequest,
} from '../../src/index.ts'
import { clientOf, completion, failureOf, json } from '../client/harness.ts'

const model = 'm'
const messages = [{ role: 'user', content: 'Hi' }]
const chat = { model, messages }

/** Where a request is wrong. */
async function pathsOf(request: unknown, operation?: string): Promise<string[]> {
  const error = await failureOf(() => validateRequest(request, operation))
  expect(error).toBeInstanceOf(ValidationError)
  expect(error.status).toBeUndefined()
  return error.issues.map(({ path }: { path: string }) => path)
}

describe('a message that cannot be read', () => {
  const getter = {
    role: 'user',
    get content(): string {
      throw new Error('mine')
    },
  }
  const draft = Proxy.revocable({}, {})
  draft.revoke()

  it.each<[string, object]>([
    ['a getter that throws', getter],
    ['the draft of a library, which was revoked', draft.proxy],
  ])('is told of by its path: %s', async (_, message) => {
    const path = 'messages[0]'
    expect(await pathsOf({ model, messages: [message] })).toEqual([path])
    const client = new LLMClient({ fetch: async () => json(completion) })
    for (const work of [
      () => client.chat.completions.create({ model, messages: [message as never] }),
      () => client.chat.completions.model(model).message(message as never),
    ])
      expect(await failureOf(work)).toMatchObject({ name: 'ValidationError', issues: [{ path }] })
  })
})

describe('a chat request', () => {
  it.each([
    ['model', [undefined, null, '', '  ', 5, {}, 'a\u0000b', 'a\r\nb']],
    ['messages', [undefined, null, [], 'Hi', {}, 5]],
    ['temperature', [-0.01, 2.01, '1', Number.NaN, Infinity, -Infinity, 1n, {}, [], true]],
    ['maxTokens', [0, -1, 1.5, '5', Number.NaN, Infinity]],
    ['maxCompletionTokens', [0, 0.5, '5', Infinity]],
    ['topP', [-0.1, 1.1, '1', Number.NaN]],
    ['n', [0, 129, 1.5, '1', Infinity]],
    ['stop', [5, ['a', 'b', 'c', 'd', 'e'], {}]],
    ['presencePenalty', [-2.1, 2.1, '0']],
    ['frequencyPenalty', [-2.1, 2.1, Number.NaN]],
    ['seed', [1.5, '1', Infinity]],
    ['topLogprobs', [-1, 0.5, '1']],
    ['stream', ['true', 1, {}]],
    ['tools', ['x', {}]],
    ['toolChoice', [5, true]],
    ['responseFormat', ['json', 5, {}]],
  ] as const)('needs a good %s', async (name, values) => {
    const snake = name.replace(/[A-Z]/g, capital => `_${capital.toLowerCase()}`)
    for (const value of values) {
      for (const spelling of new Set([name, snake])) {
        const found = await pathsOf({ ...chat, [spelling]: value })
        for (const path of found) expect(path.split(/[.[]/)[0]).toBe(spelling)
      }
    }
  })

  it.each([
    { temperature: 0 },
    { temperature: 2 },
    { maxTokens: 1 },
    { max_tokens: 100_000 },
    { maxCompletionTokens: 1 },
    { topP: 0 },
    { top_p: 1 },
    { n: 1 },
    { n: 128 },
    { stop: 'a' },
    { stop: ['a', 'b', 'c', 'd'] },
    { presencePenalty: -2, frequencyPenalty: 2 },
    { seed: -5 },
    { stream: true },
    { stream: false },
    { temperature: null, maxTokens: null, stop: null, seed: null, topP: null, n: null, stream: null },
    { temperature: undefined, tools: undefined },
    { toolChoice: 'auto', tools: [{ type: 'function', function: { name: 'f' } }] },
    { responseFormat: { type: 'json_object' } },
    { somethingNew: { deeply: [1] }, vendor_thing: 'x' },
    { messages: [{ role: 'oracle', content: 'x' }] },
    { messages: [{ role: 'user', content: [{ type: 'hologram', data: 1 }] }] },
    { messages: [{ role: 'assistant', content: null, toolCalls: [] }] },
    { messages: [{ role: 'assistant' }] },
    { model: 'x'.repeat(10_000) },
    { model: 'modèle 漢字' },
  ])('may have %j', more => {
    const request = { ...chat, ...more }
    expect(validateRequest(request)).toBe(request)
  })

  it.each([
    [[{}], ['messages[0].role']],
    [[{ role: '' }], ['messages[0].role']],
    [[{ role: 'user', content: 5 }], ['messages[0].content']],
    // biome-ignore lint/suspicious/noSparseArray: what it is about
    [[, { role: 'user' }], ['messages[0]']],
    [['Hi'], ['messages[0]']],
    [[{ role: 'user', content: 'x' }, null], ['messages[1]']],
  ])('must have good messages: %j', async (messages, paths) => {
    expect(await pathsOf({ ...chat, messages })).toEqual(paths)
  })

  it('is told all that is wrong at once, each thing once', async () => {
    const request = { temperature: 3, max_tokens: 0, n: Number.NaN, extra: { deep: [1n] } }
    expect((await pathsOf(request)).sort()).toEqual(
      ['extra.deep[0]', 'max_tokens', 'messages', 'model', 'n', 'temperature'].sort(),
    )
  })

  it('says what is missing', async () => {
    const error = await failureOf(() => validateRequest({ messages: [{ content: 'Hi' }], tools: [{}] }))
    expect(error.message).toBe('model is missing; messages[0].role is missing; tools[0].type is missing')
  })

  it('never has its values in the message', async () => {
    const secret = 'TOP-SECRET'
    const request = {
      model: `${secret}\n`,
      messages: [{ role: secret, content: 5 }, secret],
      temperature: secret,
      stop: [secret, 1, 2, 3, 4, 5],
      responseFormat: secret,
      toolChoice: 7,
      seed: secret,
    }
    const error = await failureOf(() => validateRequest(request))
    expect(JSON.stringify([error, error.message, error.issues, error.cause])).not.toContain(secret)
    expect(error.issues.length).toBeGreaterThan(4)
  })

  it.each([undefined, null, 5, 'text', [], () => {}])('is no %s', async request => {
    expect(await pathsOf(request)).toContain('model')
  })

  it('is checked in time that grows with its length and no faster', { retry: 2 }, () => {
    const time = (length: number): number => {
      const models = [`${'a'.repeat(length)}\n`, ' '.repeat(length), `${' a'.repeat(length / 2)}\u0000`]
      const started = performance.now()
      for (let round = 0; round < 10; round++)
        for (const model of models) expect(() => validateRequest({ ...chat, model })).toThrow(ValidationError)
      return performance.now() - started
    }
    time(10_000)
    const ratios = [1, 2, 3, 4, 5].map(() => time(160_000) / time(40_000)).sort((a, b) => a - b)
    expect(ratios[2]).toBeLessThan(10)
  })

  it('is not changed', () => {
    const request = Object.freeze({ ...chat, tools: Object.freeze([]) })
    expect(validateRequest(request)).toBe(request)
  })

  it('keeps a parameter named as what objects inherit', async () => {
    const request = JSON.parse(
      '{"model":"m","messages":[{"role":"user","content":"x"}],"constructor":1,"__proto__":{"a":1}}',
    )
    expect(validateRequest(request)).toBe(request)
  })

  it('has both spellings of a name checked, and may have one of them', async () => {
    expect(await pathsOf({ ...chat, max_tokens: 0, maxTokens: 5 })).toEqual(['max_tokens', 'maxTokens'])
  })
})

describe('a request of an operation without rules', () => {
  it('may have anything that JSON can carry', async () => {
    const request = { query: 'x', documents: ['y'], n: 'many' }
    expect(validateRequest(request, 'rerank')).toBe(request)
    expect(validateRequest({}, 'rerank')).toEqual({})
    expect(await pathsOf({ documents: [1n], topN: Number.NaN }, 'rerank')).toEqual(['documents[0]', 'topN'])
  })

  it.each(['toString', '__proto__', 'constructor'])('is not taken for one with: %s', name => {
    expect(validateRequest({}, name)).toEqual({})
  })
})

describe('an embedding request', () => {
  it.each(['text', ['a', 'b'], [1, 2, 3], [[1, 2], [3]], Array.from({ length: 2049 }, () => 'x')])(
    'may have the input %.30j',
    input => {
      const request = { model, input }
      expect(validateRequest(request)).toBe(request)
      expect(validateRequest(request, 'createEmbedding')).toBe(request)
    },
  )

  it.each(['', [], [''], [[]], [1.5], [{}], null, 5, {}, [Number.NaN]])(
    'may not have the input %j',
    async input => {
      const paths = await pathsOf({ model, input })
      for (const path of paths) expect(path).toMatch(/^input/)
    },
  )

  it('needs good dimensions and a known format', async () => {
    for (const dimensions of [0, 1.5, '8', Infinity])
      expect(await pathsOf({ model, input: 'x', dimensions })).toEqual(['dimensions'])
    expect(await pathsOf({ model, input: 'x', encoding_format: 'flaot' })).toEqual(['encoding_format'])
    expect(await pathsOf({ model: '', input: 'x', encodingFormat: 'bits' })).toEqual([
      'model',
      'encodingFormat',
    ])
  })

  it('is told by its operation', async () => {
    expect(await pathsOf({ model }, 'createEmbedding')).toEqual(['input'])
    expect(await pathsOf({ model, input: 'x' }, 'createChatCompletion')).toEqual(['messages'])
  })
})

it('needs time in proportion to what is wrong', { retry: 2 }, async () => {
  const timeOf = async (count: number): Promise<number> => {
    const request = { model, messages: Array.from({ length: count }, () => Number.NaN) }
    const start = performance.now()
    expect(await pathsOf(request)).toHaveLength(count)
    return performance.now() - start
  }
  await timeOf(1000)
  // Eight times the length; anything quadratic takes sixty-four times as long. Clocks are coarse in some runtimes.
  expect(await timeOf(40_000)).toBeLessThan(30 * Math.max(await timeOf(5000), 15))
})

describe('as the setting of a client', () => {
  it('lets nothing bad out', async () => {
    const fetch = vi.fn<Fetch>(async () => json(completion))
    const client = clientOf(fetch, { validate: validateRequest })
    expect(
      await failureOf(createChatCompletion(client, { ...chat, temperature: 3 } as never)),
    ).toBeInstanceOf(ValidationError)
    expect(await failureOf(createEmbedding(client, { model, input: '' }))).toBeInstanceOf(ValidationError)
    expect(fetch).not.toHaveBeenCalled()
    await createChatCompletion(client, chat as never)
    expect(fetch).toHaveBeenCalledOnce()
  })

  it('may be a function of your own, which sees the operation', async () => {
    const validate = vi.fn()
    const client = clientOf(async () => json({ ...completion, data: [] }), { validate })
    await createChatCompletion(client, chat as never)
    await listModels(client)
    expect(validate.mock.calls).toEqual([[chat, 'createChatCompletion']])
  })
})
