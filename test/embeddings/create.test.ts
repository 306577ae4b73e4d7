import { describe, expect, inject, it } from 'vitest'
import { createClient, createEmbedding, ProtocolError } from '../../src/index.ts'
import { createFakeFetch } from '../../src/testing/index.ts'
import { clientOf, failureOf, json } from '../client/harness.ts'

const model = 'fake-embed'

function vectors(...data: readonly unknown[]): Response {
  return json({ object: 'list', model, data })
}

function item(index: unknown, embedding: unknown): object {
  return { object: 'embedding', index, embedding }
}

/** Little-endian 32-bit floats as base64. */
function base64(...numbers: readonly number[]): string {
  const bytes = new Uint8Array(new Float32Array(numbers).buffer)
  return btoa(String.fromCharCode(...bytes))
}

describe('createEmbedding', () => {
  it('asks a real server', async () => {
    const client = createClient({ baseUrl: inject('fakeServer') })
    const { data, usage } = await createEmbedding(client, { model, input: ['one', 'two'], dimensions: 8 })
    expect(data.map(({ index, embedding }) => [index, embedding.length])).toEqual([
      [0, 8],
      [1, 8],
    ])
    expect(usage?.totalTokens).toBeGreaterThan(0)
  })

  it('asks for a form of the vectors only where it is told to, in either spelling', async () => {
    const fetch = createFakeFetch()
    const client = clientOf(fetch)
    await createEmbedding(client, { model, input: 'a' })
    await createEmbedding(client, { model, input: 'a', encodingFormat: 'base64' })
    await createEmbedding(client, { model, input: 'a', encoding_format: 'base64' })
    expect(fetch.requests.map(({ body }) => body)).toEqual([
      { model, input: 'a' },
      { model, input: 'a', encoding_format: 'base64' },
      { model, input: 'a', encoding_format: 'base64' },
    ])
  })

  it('gives the same numbers, however they travelled', async () => {
    const client = clientOf(createFakeFetch())
    const floats = await createEmbedding(client, { model, input: 'a', dimensions: 16 })
    const packed = await createEmbedding(client, {
      model,
      input: 'a',
      dimensions: 16,
      encodingFormat: 'base64',
    })
    expect(packed.data).toEqual(floats.data)
  })

  it('reads little-endian floats from base64', async () => {
    const client = clientOf(async () => vectors(item(0, base64(0.5, -1.25, 3))))
    const { data } = await createEmbedding(client, { model, input: 'a' })
    expect(data[0]?.embedding).toEqual([0.5, -1.25, 3])
  })

  it('B30 puts the vectors in the order of the inputs', async () => {
    const client = clientOf(async () => vectors(item(2, [2]), item(0, [0]), item(1, [1])))
    const { data } = await createEmbedding(client, { model, input: ['a', 'b', 'c'] })
    expect(data.map(({ embedding }) => embedding)).toEqual([[0], [1], [2]])
  })

  it('takes an answer without usage, and with fields that it does not know', async () => {
    const client = clientOf(async () => vectors({ ...item(0, [1]), text: null, x_seconds: 0.1 }))
    const { data, usage } = await createEmbedding(client, { model, input: 'a' })
    expect(usage).toBeUndefined()
    expect(data[0]).toMatchObject({ text: null, xSeconds: 0.1 })
  })

  it.each([
    ['a text', 'a', 1],
    ['a list of texts', ['a', 'b'], 2],
    ['tokens', [1, 2, 3], 1],
    ['lists of tokens', [[1, 2], [3]], 2],
  ] as const)('expects one vector for each input: %s', async (_, input, count) => {
    const fetch = (given: number) => async () =>
      vectors(...Array.from({ length: given }, (_, index) => item(index, [index])))
    const { data } = await createEmbedding(clientOf(fetch(count)), { model, input })
    expect(data).toHaveLength(count)
    for (const given of [count - 1, count + 1]) {
      const error = await failureOf(createEmbedding(clientOf(fetch(given)), { model, input }))
      expect(error).toBeInstanceOf(ProtocolError)
      expect(error.retryable).toBe(false)
    }
  })

  it.each([
    ['is no base64', '***'],
    ['is a byte too long', btoa('12345')],
    ['is half a number', btoa('12')],
    ['is three quarters of a number', btoa('1234567')],
  ])('refuses a vector that %s', async (_, embedding) => {
    const client = clientOf(async () => vectors(item(0, embedding)))
    const error = await failureOf(createEmbedding(client, { model, input: 'a' }))
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error.message).not.toContain(embedding)
  })

  it.each([
    ['no data', { object: 'list' }],
    ['data that is no list', { object: 'list', data: {} }],
    ['a list of nothing', { object: 'list', data: [null] }],
  ])('refuses an answer with %s', async (_, body) => {
    const error = await failureOf(
      createEmbedding(
        clientOf(async () => json(body)),
        { model, input: 'a' },
      ),
    )
    expect(error).toBeInstanceOf(ProtocolError)
  })

  it.each([
    ['without a vector', {}],
    ['whose vector is null', { index: 0, embedding: null }],
    ['whose vector holds no numbers', { index: 0, embedding: ['1'] }],
    ['of the index "__proto__"', { index: '__proto__', embedding: [1] }],
    ['of the index "length"', { index: 'length', embedding: [1] }],
    ['of the index -1', { index: -1, embedding: [1] }],
    ['of the index 0.5', { index: 0.5, embedding: [1] }],
  ])('refuses an item %s', async (_, given) => {
    const client = clientOf(async () => vectors(given))
    const error = await failureOf(createEmbedding(client, { model, input: 'a' }))
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error.retryable).toBe(false)
  })

  it('leaves numbers of another width packed: as floats they would be wrong in silence', async () => {
    const packed = base64(0.5)
    const client = clientOf(async () => vectors(item(0, packed)))
    const { data } = await createEmbedding(client, { model, input: 'a', output_dtype: 'int8' })
    expect(data[0]?.embedding).toBe(packed)
  })

  it('B30 refuses two vectors for one input', async () => {
    const client = clientOf(async () => vectors(item(0, [1]), item(0, [2])))
    const error = await failureOf(createEmbedding(client, { model, input: ['a', 'b'] }))
    expect(error).toBeInstanceOf(ProtocolError)
  })
})
