import { describe, expect, it } from 'vitest'
import { cosineSimilarity, createClient, embedMany, type Fetch, ValidationError } from '../../src/index.ts'
import { failureOf } from '../client/harness.ts'

const texts = Array.from({ length: 25 }, (_, index) => `text ${index}`)

/** A service whose vector of `text 7` is `[7]`, and which tells how many requests were under way at once. */
function service(failing?: string): {
  fetch: Fetch
  sizes: number[]
  most: () => number
  aborted: () => number
} {
  const sizes: number[] = []
  let running = 0
  let most = 0
  let aborted = 0
  const fetch: Fetch = async (_, { body, signal }) => {
    const { input } = JSON.parse(body as string) as { input: string[] }
    sizes.push(input.length)
    most = Math.max(most, ++running)
    signal?.addEventListener('abort', () => aborted++)
    // The first batch is answered last.
    await new Promise(resolve => setTimeout(resolve, input[0] === 'text 0' ? 20 : 1))
    running--
    if (failing && input.includes(failing))
      return Response.json({ error: { message: 'No.' } }, { status: 400 })
    const data = input.map((text, index) => ({
      object: 'embedding',
      index,
      embedding: [Number(text.slice(5))],
    }))
    return Response.json({ object: 'list', model: 'e', data, usage: { prompt_tokens: 2, total_tokens: 3 } })
  }
  return { fetch, sizes, most: () => most, aborted: () => aborted }
}

describe('embedMany', () => {
  it('sends batches, some at a time, and keeps the order of the inputs', async () => {
    const { fetch, sizes, most } = service()
    const client = createClient({ baseUrl: 'https://fake.test/v1', fetch })
    const options = { batchSize: 10, concurrency: 2 }
    const { data, usage, model } = await embedMany(client, { model: 'e', input: texts }, options)
    expect(data.map(({ embedding }) => embedding[0])).toEqual(texts.map((_, index) => index))
    expect(data.map(({ index }) => index)).toEqual(texts.map((_, index) => index))
    expect({ sizes, most: most(), model }).toEqual({ sizes: [10, 10, 5], most: 2, model: 'e' })
    expect(usage).toMatchObject({ promptTokens: 6, totalTokens: 9 })
  })

  it('gives each batch a key of its own', async () => {
    const keys: (string | null)[] = []
    const { fetch } = service()
    const client = createClient({
      baseUrl: 'https://fake.test/v1',
      fetch(url, init) {
        keys.push(new Headers(init.headers).get('idempotency-key'))
        return fetch(url, init)
      },
    })
    await embedMany(client, { model: 'e', input: texts }, { batchSize: 10, idempotencyKey: 'k' })
    expect(keys).toEqual(['k', 'k-1', 'k-2'])
  })

  it('ends the other batches when one fails', async () => {
    const { fetch, sizes, aborted } = service('text 5')
    const client = createClient({ baseUrl: 'https://fake.test/v1', fetch })
    const failing = embedMany(client, { model: 'e', input: texts }, { batchSize: 5, concurrency: 2 })
    expect((await failureOf(failing)).status).toBe(400)
    expect([sizes.length, aborted() > 0]).toEqual([2, true])
  })

  it('ends with the signal of the caller', async () => {
    const client = createClient({ baseUrl: 'https://fake.test/v1', fetch: () => new Promise(() => {}) })
    const controller = new AbortController()
    const failing = failureOf(embedMany(client, { model: 'e', input: texts }, controller))
    const reason = new Error('mine')
    controller.abort(reason)
    expect(await failing).toBe(reason)
  })

  it.each([
    [{ input: [] }, {}, 'input'],
    [{ input: 'one' }, {}, 'input'],
    [{ input: texts }, { batchSize: 0 }, 'options.batchSize'],
    [{ input: texts }, { concurrency: 1.5 }, 'options.concurrency'],
  ])('refuses %.40j with %j before any request', async (request, options, path) => {
    const { fetch, sizes } = service()
    const client = createClient({ baseUrl: 'https://fake.test/v1', fetch })
    const error = await failureOf(embedMany(client, { model: 'e', ...request } as never, options))
    expect(error).toBeInstanceOf(ValidationError)
    expect([error.issues[0].path, sizes]).toEqual([path, []])
  })
})

describe('cosineSimilarity', () => {
  it('is 1 for one direction, 0 for none in common, -1 for the opposite', () => {
    expect(cosineSimilarity([1, 2], [2, 4])).toBeCloseTo(1)
    expect(cosineSimilarity([1, 0], [0, 3])).toBe(0)
    expect(cosineSimilarity([1, 2], [-1, -2])).toBeCloseTo(-1)
    expect(cosineSimilarity([0, 0], [1, 1])).toBe(0)
  })

  it('refuses vectors of two lengths', () => {
    expect(() => cosineSimilarity([1], [1, 2])).toThrow(ValidationError)
  })
})
