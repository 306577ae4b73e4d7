import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFakeFetch } from '../../src/testing/index.ts'
import { type Json, post, URL_BASE } from './support.ts'

async function embed(request: Record<string, unknown>): Promise<Json> {
  const response = await createFakeFetch()(
    `${URL_BASE}/embeddings`,
    post({ model: 'fake-embed', ...request }),
  )
  return response.json()
}

function dot(a: number[], b: number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0)
}

describe('embeddings', () => {
  it('come in the order of the input', async () => {
    const { data, ...rest } = await embed({ input: ['first', 'second'] })
    expect(rest).toEqual({
      object: 'list',
      model: 'fake-embed',
      usage: { prompt_tokens: 2, total_tokens: 2 },
    })
    expect(data).toMatchObject([
      { object: 'embedding', index: 0 },
      { object: 'embedding', index: 1 },
    ])
    expect((await embed({ input: 'second' })).data[0].embedding).toEqual(data[1].embedding)
  })

  it('are nearer for texts that share words', async () => {
    const input = ['The cat sat on the mat', 'A cat on a mat', 'Quarterly interest rates rose sharply']
    const [a, b, c] = (await embed({ input })).data.map((item: Json) => item.embedding)
    expect(dot(a, b)).toBeGreaterThan(dot(a, c) + 0.2)
    expect(dot(a, b)).toBeGreaterThan(dot(b, c) + 0.2)
  })

  it('have length 1 and the dimensions asked for, whatever the text', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', minLength: 1 }),
        fc.integer({ min: 1, max: 300 }),
        async (input, dimensions) => {
          const [{ embedding }] = (await embed({ input, dimensions })).data
          expect(embedding).toHaveLength(dimensions)
          expect(dot(embedding, embedding)).toBeCloseTo(1, 4)
        },
      ),
      { numRuns: 50 },
    )
    expect((await embed({ input: 'a' })).data[0].embedding).toHaveLength(64)
  })

  it('are the same numbers in base64', async () => {
    const [{ embedding: floats }] = (await embed({ input: 'a b c' })).data
    const [{ embedding: text }] = (await embed({ input: 'a b c', encoding_format: 'base64' })).data
    const bytes = Uint8Array.from(atob(text), character => character.charCodeAt(0))
    const view = new DataView(bytes.buffer)
    expect(floats.map((_: number, i: number) => view.getFloat32(i * 4, true))).toEqual(floats)
    expect(bytes).toHaveLength(floats.length * 4)
  })

  it('take token ids, one list or several', async () => {
    const one = await embed({ input: [1, 2, 3] })
    expect(one.usage.prompt_tokens).toBe(3)
    expect((await embed({ input: [[9], [1, 2, 3]] })).data[1].embedding).toEqual(one.data[0].embedding)
  })

  it.each([
    ['nothing', {}, 'input'],
    ['an empty string', { input: '' }, 'input'],
    ['an empty list', { input: [] }, 'input'],
    ['an empty string in a list', { input: ['a', ''] }, 'input'],
    ['an empty token list', { input: [[]] }, 'input'],
    ['a mixture', { input: ['a', 1] }, 'input'],
    ['no dimensions', { input: 'a', dimensions: 0 }, 'dimensions'],
    ['an unknown encoding', { input: 'a', encoding_format: 'hex' }, 'encoding_format'],
  ])('refuse %s', async (_, request, param) => {
    expect(await embed(request)).toMatchObject({ error: { type: 'invalid_request_error', param } })
  })
})
