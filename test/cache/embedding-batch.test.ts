import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import {
  type CacheOptions,
  cache,
  createEmbedding,
  type EmbeddingRequest,
  type Fetch,
  fallback,
  memoryStore,
} from '../../src/index.ts'
import { createFakeFetch, type FakeModelOptions } from '../../src/testing/index.ts'
import { clientOf, failureOf, json } from '../client/harness.ts'

type Input = EmbeddingRequest['input']

function setUp(options: CacheOptions = {}, model: FakeModelOptions = {}) {
  const fetch = createFakeFetch(model)
  const client = clientOf(fetch, { policies: [cache(options)] })
  const embed = async (input: Input, more: Partial<EmbeddingRequest> = {}) => {
    const { data, headers } = await createEmbedding(client, {
      model: 'fake-embed',
      input,
      ...more,
    }).withResponse()
    const vectors = data.data.map(({ embedding }) => embedding)
    expect(data.data.map(({ index }) => index)).toEqual(vectors.map((_, place) => place))
    return { vectors, usage: data.usage, model: data.model, from: headers.get('x-llmfetch-cache') ?? 'asked' }
  }
  /** The inputs of each request, in turn. */
  const asked = () => fetch.requests.map(({ body }) => (body as { input: Input }).input)
  return { embed, asked, fetch }
}

/** The vectors without any cache. */
const plain = setUp({ key: () => undefined })

describe('a batch of embeddings', () => {
  it('is answered again without a request, at no cost', async () => {
    const { embed, asked } = setUp()
    const first = await embed(['one', 'two'])
    const second = await embed(['one', 'two'])
    expect(second).toEqual({ ...first, from: 'hit', usage: { promptTokens: 0, totalTokens: 0 } })
    expect(first.usage!.totalTokens).toBeGreaterThan(0)
    expect(asked()).toHaveLength(1)
  })

  it('asks for the missing ones only, and puts each in its place', async () => {
    const { embed, asked } = setUp()
    await embed(['two', 'four'])
    const { vectors, from, usage } = await embed(['one', 'two', 'three', 'four', 'five'])
    expect(asked()[1]).toEqual(['one', 'three', 'five'])
    const whole = await plain.embed(['one', 'two', 'three', 'four', 'five'])
    expect([vectors, from]).toEqual([whole.vectors, 'partial'])
    expect(usage).toEqual((await plain.embed(['one', 'three', 'five'])).usage)
  })

  it('finds what it has beside any other text', async () => {
    const { embed, asked } = setUp()
    await embed(['one'])
    await embed(['one', 'two: 1e400, "12345678901234567890"'])
    expect(asked()[1]).toEqual(['two: 1e400, "12345678901234567890"'])
  })

  it('leaves no answer open that it has no use for', async () => {
    const cancel = vi.fn()
    const next = vi.fn<Fetch>(async () => json({ model: 'm', data: [{ index: 0, embedding: [1] }] }))
    const fetch = cache()(next)
    const post = (input: Input) => ({
      method: 'POST',
      body: JSON.stringify({ input, encoding_format: 'float' }),
    })
    await fetch('https://a.test/v1/embeddings', post(['a']))
    next.mockResolvedValueOnce(new Response(new ReadableStream({ cancel })))
    await fetch('https://a.test/v1/embeddings', post(['a', 'b']))
    expect([next.mock.calls.length, cancel.mock.calls.length]).toEqual([3, 1])
  })

  it('needs time in proportion to its length', { retry: 2 }, async () => {
    const time = async (count: number): Promise<number> => {
      const { embed } = setUp()
      const texts = Array.from({ length: count }, (_, place) => `${place}${', 12'.repeat(500)}`)
      const start = performance.now()
      await embed(texts)
      return performance.now() - start
    }
    await time(50)
    // Eight times the length; anything quadratic takes sixty-four times as long. Clocks are coarse in some runtimes.
    expect(await time(400)).toBeLessThan(30 * Math.max(await time(50), 15))
  })

  it('asks once for what it has twice', async () => {
    const { embed, asked } = setUp()
    const { vectors } = await embed(['one', 'two', 'one', 'one'])
    expect(asked()).toEqual([['one', 'two']])
    expect(vectors).toEqual((await plain.embed(['one', 'two', 'one', 'one'])).vectors)
  })

  it('shares its vectors with single texts, either way', async () => {
    const { embed, asked } = setUp()
    const one = await embed('one')
    expect((await embed(['one'])).from).toBe('hit')
    expect((await embed(['one', 'two'])).vectors[0]).toEqual(one.vectors[0])
    expect((await embed('two')).from).toBe('hit')
    expect(asked()).toEqual(['one', ['two']])
  })

  it('may be of tokens', async () => {
    const { embed, asked } = setUp()
    const tokens = [
      [1, 2],
      [3, 4],
    ]
    await embed([1, 2])
    const { vectors, from } = await embed(tokens)
    expect([from, asked()]).toEqual(['partial', [[1, 2], [[3, 4]]]])
    expect(vectors).toEqual((await plain.embed(tokens)).vectors)
  })

  it('is another one with other parameters', async () => {
    const { embed } = setUp()
    const variants: Partial<EmbeddingRequest>[] = [
      {},
      { dimensions: 8 },
      { encodingFormat: 'base64' },
      { model: 'fake-small' },
      { user: 'ada' },
    ]
    for (const from of ['asked', 'hit'])
      for (const variant of variants) expect((await embed(['one', 'two'], variant)).from).toBe(from)
  })

  it('travels as base64 too', async () => {
    const { embed } = setUp()
    const first = await embed(['one'], { encodingFormat: 'base64' })
    const second = await embed(['two', 'one'], { encodingFormat: 'base64' })
    expect([second.from, second.vectors[1]]).toEqual(['partial', first.vectors[0]])
    expect(second.vectors).toEqual((await plain.embed(['two', 'one'], { encodingFormat: 'base64' })).vectors)
  })

  it('is refreshed as a whole', async () => {
    const { embed, asked, fetch } = setUp()
    await embed(['one', 'two'])
    const client = clientOf(fetch, { policies: [cache()] })
    await createEmbedding(client, { model: 'fake-embed', input: ['one', 'two'] }, { cache: 'refresh' })
    expect(asked()).toEqual([
      ['one', 'two'],
      ['one', 'two'],
    ])
  })

  it('fails as the service does, and keeps nothing of it', async () => {
    const { embed, asked } = setUp({}, { faults: [{}, { status: 500 }] })
    await embed(['one'])
    expect((await failureOf(embed(['one', 'two']))).status).toBe(500)
    expect((await embed(['one', 'two'])).from).toBe('partial')
    expect(asked()).toHaveLength(3)
  })

  it('is sent as it is where nothing is known of it', async () => {
    const next = vi.fn<Fetch>(createFakeFetch())
    const body = '{ "input": ["one", "two"], "model": "fake-embed" }'
    await cache()(next)('https://api.test/v1/embeddings', { method: 'POST', body })
    expect(next.mock.calls[0]![1].body).toBe(body)
  })

  it.each([
    [
      'messages of another API',
      [
        { role: 'user', content: 'Hi' },
        { role: 'user', content: 'Hi' },
      ],
      { output: [] },
    ],
    ['texts to be judged', ['one', 'two', 'one'], { results: [] }],
  ])('is not taken for what it is not: %s', async (_, input, answer) => {
    const next = vi.fn<Fetch>(async () => json(answer))
    const fetch = cache()(next)
    const body = JSON.stringify({ model: 'm', input })
    for (let i = 0; i < 2; i++) await fetch('https://api.test/v1/other', { method: 'POST', body })
    expect(next.mock.calls.map(([, init]) => init.body)).toEqual([body, body])
  })

  it("asks once for what it has twice around another client's fetch, too", async () => {
    const fake = createFakeFetch()
    const fetch = cache()(fake)
    const send = async (input: Input) => {
      const body = JSON.stringify({ model: 'fake-embed', input })
      return (await (await fetch('https://api.test/v1/embeddings', { method: 'POST', body })).json()).data
        .length
    }
    expect([await send(['one', 'one']), await send(['two', 'one', 'two'])]).toEqual([2, 3])
    expect(fake.requests.map(({ body }) => (body as { input: Input }).input)).toEqual([['one'], ['two']])
  })

  it('does not claim the length of the whole for a part', async () => {
    const next = vi.fn<Fetch>(createFakeFetch())
    const fetch = cache()(next)
    const send = (input: Input) => {
      const body = JSON.stringify({ model: 'fake-embed', input })
      const headers = { 'content-length': `${body.length}`, 'x-a': '1' }
      return fetch('https://api.test/v1/embeddings', { method: 'POST', headers, body })
    }
    await send(['one'])
    expect((await (await send(['one', 'two'])).json()).data).toHaveLength(2)
    expect(next.mock.calls[1]![1].headers).toEqual({ 'x-a': '1' })
  })

  it('never mixes the vectors of two models', async () => {
    const fetch = createFakeFetch()
    let version = 1
    const renaming: Fetch = async (url, init) => {
      const answer = await (await fetch(url, init)).json()
      return json({ ...answer, model: `embed-${version}` })
    }
    const client = clientOf(renaming, { policies: [cache({ onError: () => {} })] })
    const embed = (input: string[]) => createEmbedding(client, { model: 'fake-embed', input })
    await embed(['one'])
    version = 2
    const mixed = await embed(['one', 'two'])
    expect([mixed.model, mixed.data.length]).toEqual(['embed-2', 2])
    expect(fetch.requests.map(({ body }) => (body as { input: Input }).input)).toEqual([
      ['one'],
      ['two'],
      ['one', 'two'],
    ])
    // What was of the old model is gone.
    expect((await embed(['one'])).model).toBe('embed-2')
  })

  it("never mixes in another service's", async () => {
    const fetch = createFakeFetch({
      faults: ({ url }, place) => (place && url.includes('api.test') ? { status: 503 } : {}),
    })
    const policies = [cache(), fallback({ to: [{ baseUrl: 'https://other.test/v1' }] })]
    const client = clientOf(fetch, { policies })
    await createEmbedding(client, { model: 'fake-embed', input: ['one'] })
    const { data, headers } = await createEmbedding(client, {
      model: 'fake-embed',
      input: ['one', 'two'],
    }).withResponse()
    expect([data.data.length, headers.get('x-llmfetch-target')]).toEqual([2, 'https://other.test/v1'])
    expect(fetch.requests.at(-1)!.body).toMatchObject({ input: ['one', 'two'] })
  })

  it.each([
    ['no vector', () => ({ data: [{}] })],
    ['another vector', () => ({ data: [{ embedding: [1] }, { embedding: [1] }] })],
    [
      'the same place twice',
      () => ({ data: [1, 1].map(index => ({ index, embedding: [1] })) }),
      ['one', 'two'],
    ],
    ['a place too many', () => ({ data: [0, 2].map(index => ({ index, embedding: [1] })) }), ['one', 'two']],
    ['an impossible place', () => ({ data: [{ index: 1e9, embedding: [1] }] })],
    ['no list', () => ({ data: 'none' })],
  ])('keeps no answer with %s', async (_, answer, input = ['one']) => {
    const setItem = vi.fn()
    const fetch = cache({ store: { ...memoryStore(), setItem } })(async () => json(answer()))
    const body = JSON.stringify({ model: 'm', input })
    const response = await fetch('https://api.test/v1/embeddings', { method: 'POST', body })
    expect(await response.json()).toEqual(answer())
    expect(setItem).not.toHaveBeenCalled()
  })

  it('asks anew where the store has broken vectors', async () => {
    const store = memoryStore()
    const onError = vi.fn()
    await setUp({ store }).embed(['one', 'two'], { encodingFormat: 'base64' })
    const broken = {
      ...store,
      getItem: (key: string) => `${store.getItem(key)}`.replace(/(embedding\\":\\")[^"\\]+/, '$1!'),
    }
    const { embed, asked } = setUp({ store: broken, onError })
    const { vectors } = await embed(['one', 'two'], { encodingFormat: 'base64' })
    expect(vectors).toEqual((await plain.embed(['one', 'two'], { encodingFormat: 'base64' })).vectors)
    expect([asked().length, onError.mock.calls.length]).toEqual([1, 1])
  })

  it('gives what is given without a cache, whatever was asked before', async () => {
    const text = fc.constantFrom('a', 'b', 'c', 'd', 'e')
    const batches = fc.array(fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 6 })), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(batches, async inputs => {
        const { embed, asked } = setUp()
        for (const input of inputs)
          expect((await embed(input)).vectors).toEqual((await plain.embed(input)).vectors)
        // Nothing is ever asked twice.
        const all = asked().flat()
        expect(all).toHaveLength(new Set(all).size)
      }),
      { numRuns: 30 },
    )
  })
})
