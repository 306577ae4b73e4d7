import { describe, expect, it, vi } from 'vitest'
import {
  cache,
  endpoint,
  type Fetch,
  NotFoundError,
  ProtocolError,
  retry,
  ServerError,
  timeout,
  ValidationError,
  validateRequest,
} from '../../src/index.ts'
import { BASE, clientOf, failureOf, json } from './harness.ts'

interface RerankRequest {
  readonly model: string
  readonly query: string
  readonly documents: readonly string[]
  readonly topN?: number
}

const rerank = endpoint<RerankRequest, { results: { index: number; relevanceScore: number }[] }>(
  'rerank',
  'POST /rerank',
  { list: 'results' },
)
const request = { model: 'm', query: 'q', documents: ['a', 'b'], topN: 1 }
const results = { results: [{ index: 1, relevance_score: 0.5 }], search_units: 1 }

/** A fetch that answers, and what it was asked. */
function service(answer: (init: RequestInit) => Response | Promise<Response> = () => json(results)) {
  const fetch = vi.fn<Fetch>(async (_, init) => answer(init))
  const asked = () =>
    fetch.mock.calls.map(([url, { method, body }]) => ({
      url: url.replace(BASE, ''),
      method,
      body: typeof body === 'string' ? JSON.parse(body) : body,
    }))
  return { fetch, asked, client: clientOf(fetch) }
}

describe('an endpoint of one’s own', () => {
  it('sends a request in the names of the wire, and reads the answer in camelCase', async () => {
    const { client, asked, fetch } = service()
    const answer = await rerank(client, request, { headers: { 'x-a': '1' } })
    expect(answer).toEqual({ results: [{ index: 1, relevanceScore: 0.5 }], searchUnits: 1 })
    const body = { model: 'm', query: 'q', documents: ['a', 'b'], top_n: 1 }
    expect(asked()).toEqual([{ url: '/rerank', method: 'POST', body }])
    expect(new Headers(fetch.mock.calls[0]![1].headers).get('x-a')).toBe('1')
  })

  it('tells what was around the answer', async () => {
    const { client } = service(() => json(results, { headers: { 'x-request-id': 'req_1' } }))
    const { data, requestId, attempts } = await rerank(client, request).withResponse()
    expect([data.results.length, requestId, attempts]).toEqual([1, 'req_1', 1])
  })

  it('fails with typed errors, and is retried', async () => {
    let attempts = 0
    const { fetch } = service(() => (attempts++ ? json(results) : new Response('', { status: 503 })))
    const client = clientOf(fetch, { policies: [retry({ initialDelay: 0 }), timeout(1000)] })
    await rerank(client, request)
    expect(attempts).toBe(2)
    expect(await failureOf(rerank(service(() => json({}, { status: 404 })).client, request))).toBeInstanceOf(
      NotFoundError,
    )
    const inside = service(() => json({ error: { message: 'm', code: 503 } }))
    expect(await failureOf(rerank(inside.client, request))).toBeInstanceOf(ServerError)
    for (const body of [{}, { results: {} }, [results]])
      expect(await failureOf(rerank(service(() => json(body)).client, request))).toBeInstanceOf(ProtocolError)
  })

  it('is answered from a cache where it is a question, and passes it else', async () => {
    const embed = endpoint<{ input: string }, { data: { embedding: number[] }[] }>(
      'embed',
      'POST /v2/embed',
      {
        list: 'data',
      },
    )
    const vectors = { model: 'm', data: [{ index: 0, embedding: [1, 2] }] }
    const { fetch, asked } = service(() => json(vectors))
    const client = clientOf(fetch, { policies: [cache()] })
    const first = await embed(client, { input: 'a' })
    expect(await embed(client, { input: 'a' })).toEqual(first)
    expect(asked()).toHaveLength(1)
    const other = service()
    const cached = clientOf(other.fetch, { policies: [cache()] })
    for (let round = 0; round < 2; round++)
      expect(await rerank(cached, request)).toMatchObject({ results: [{ relevanceScore: 0.5 }] })
    expect(other.asked()).toHaveLength(2)
  })

  it('fills each part of its path in as one segment', async () => {
    const cancel = endpoint<void, { id: string }, [thread: string, run: string]>(
      'cancelRun',
      'POST /threads/{thread}/runs/{run}/cancel none',
    )
    const { client, asked } = service(() => json({ id: 'x' }))
    await cancel(client, 'a/b', 'c d?e#f', { query: { x: 1 } })
    expect(asked()).toEqual([
      { url: '/threads/a%2Fb/runs/c%20d%3Fe%23f/cancel?x=1', method: 'POST', body: undefined },
    ])
    for (const id of ['', '.', '..', undefined, null, 5, '\ud800']) {
      const failed = await failureOf(cancel(client, 'a', id as string))
      expect(failed).toBeInstanceOf(ValidationError)
      expect(failed.issues).toMatchObject([{ path: 'run' }])
    }
    expect(asked()).toHaveLength(1)
  })

  it('may ask by its query', async () => {
    const list = endpoint<
      { limit?: number; orderBy?: string; include?: string[]; metadataFilter?: object } | undefined,
      object
    >('listThings', 'GET /things query')
    const { client, asked } = service(() => json({}))
    await list(client, { limit: 2, orderBy: 'age', include: ['a', 'b'], metadataFilter: { roomName: 'x' } })
    await list(client)
    const named = endpoint<{ constructor: string; toString: string }, object>('named', 'GET /named query')
    await named(client, JSON.parse('{"constructor":"a","to_string":"b"}'))
    const [first, second, third] = asked()
    expect(third!.url).toBe('/named?constructor=a&to_string=b')
    expect(decodeURIComponent(first!.url)).toBe(
      '/things?limit=2&order_by=age&include[]=a&include[]=b&metadata_filter[room_name]=x',
    )
    expect(second).toEqual({ url: '/things', method: 'GET', body: undefined })
  })

  it('may send a form', async () => {
    const upload = endpoint<
      { file: Blob; purpose: string; expiresAfter: object; tags: string[]; none?: string | undefined },
      { id: string }
    >('upload', 'POST /files form')
    const { client, asked, fetch } = service(() => json({ id: 'f' }))
    const file = new File(['text'], 'a.txt', { type: 'text/plain' })
    await upload(client, {
      file,
      purpose: 'x',
      expiresAfter: { daysLeft: 1 },
      tags: ['a', 'b'],
      none: undefined,
    })
    const form = asked()[0]!.body as FormData
    // An object as the API takes one: OpenAI's own package sends it so, and its reference does.
    expect([...form.keys()]).toEqual(['file', 'purpose', 'expires_after[days_left]', 'tags[]', 'tags[]'])
    expect((form.get('file') as File).name).toBe('a.txt')
    expect([form.get('expires_after[days_left]'), form.getAll('tags[]')]).toEqual(['1', ['a', 'b']])
    // The platform knows the boundary.
    expect(new Headers(fetch.mock.calls[0]![1].headers).has('content-type')).toBe(false)
  })

  it('leaves alone what its rules name, either way', async () => {
    const save = endpoint<{ item: object; other: object }, { item: object; other: object }>(
      'save',
      'PUT /items',
      {
        verbatim: ['item'],
      },
    )
    const { client, asked } = service(({ body }) => new Response(body as string))
    const item = { aB: { c_d: 1 } }
    const answer = await save(client, { item, other: item })
    expect(asked()[0]!.body).toEqual({ item, other: { a_b: { c_d: 1 } } })
    expect(answer).toEqual({ item, other: { aB: { cD: 1 } } })
  })

  it('may have a good answer with an error of its own, and read it in its own way', async () => {
    const status = endpoint<void, { error: { message: string } }, [id: string]>('status', 'GET /jobs/{id}', {
      ownError: true,
    })
    const { client } = service(() => json({ id: 'j', error: { message: 'it failed' } }))
    expect((await status(client, 'j')).error.message).toBe('it failed')
    const word = endpoint<void, string>('word', 'GET /word', {
      decode: json => (json as { word: string }).word,
    })
    expect(await word(service(() => json({ word: 'x' })).client)).toBe('x')
  })

  it('is checked for what JSON cannot carry, and by no rules of another endpoint', async () => {
    const { fetch, asked } = service()
    const client = clientOf(fetch, { validate: validateRequest })
    await rerank(client, request)
    const failed = await failureOf(rerank(client, { ...request, topN: Number.NaN }))
    expect(failed.issues).toMatchObject([{ path: 'topN' }])
    expect(asked()).toHaveLength(1)
  })
})
