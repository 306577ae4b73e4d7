import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type Client,
  cache,
  collectText,
  createChatCompletion,
  createClient,
  createEmbedding,
  endpoint,
  type Fetch,
  finalCompletion,
  listModels,
  type Policy,
  retry,
  streamChatCompletion,
  timeout,
} from '../../src/index.ts'
import { type OtelOptions, otel, type TracerLike } from '../../src/otel/index.ts'
import { createFakeFetch, type FakeModelOptions } from '../../src/testing/index.ts'
import { BASE, chatRequest, clientOf, completion, failureOf, json } from '../client/harness.ts'
import conventions from '../fixtures/genai-conventions.json' with { type: 'json' }
import { policyContract } from '../policies/contract.ts'
import { expectConventional, type Recording, recording, sumOf } from './recording.ts'

policyContract('otel', () => otel(recording()))
policyContract('otel with a broken tracer and a broken meter', () => otel(broken()))

/** A tracer and a meter that throw wherever they can. */
function broken(): Pick<OtelOptions, 'tracer' | 'meter'> {
  const fail = () => {
    throw new Error('no tracer')
  }
  return {
    tracer: { startSpan: fail, startActiveSpan: fail },
    meter: { createHistogram: fail, createCounter: fail },
  }
}

let kept: Recording
beforeEach(() => {
  kept = recording()
})
// Whatever a test is about, what it recorded keeps to the conventions.
afterEach(() => expectConventional(kept))

function traced(
  model: FakeModelOptions | Fetch = {},
  options: Partial<OtelOptions> = {},
  { outer = [], inner = [] }: { outer?: Policy[]; inner?: Policy[] } = {},
): Client {
  const fetch = typeof model === 'function' ? model : createFakeFetch(model)
  return clientOf(fetch, { policies: [...outer, otel({ ...kept, ...options }), ...inner] })
}

const quick = () => retry({ maxRetries: 2, initialDelay: 0 })

/** A stream of chat chunks as a service sends it. */
function streamOf(...events: readonly object[]): Response {
  return new Response(
    [...events, '[DONE]']
      .map(event => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`)
      .join(''),
  )
}

const hello = { id: 'c1', model: 'fake-small', choices: [{ index: 0, delta: { content: 'Hello' } }] }
const stop = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }

describe('a span', () => {
  it('tells of a call what was asked and what came of it', async () => {
    const request = { ...chatRequest, maxCompletionTokens: 50, temperature: 0, topP: 0.5, seed: 7, n: 2 }
    const client = traced({}, { provider: 'groq' })
    const { usage, id } = await createChatCompletion(client, request)
    const { name, attributes, status } = kept.spans[0]!
    expect(name).toBe('chat fake-small')
    expect(attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'groq',
      'gen_ai.request.model': 'fake-small',
      'server.address': 'api.test',
      'server.port': 443,
      'gen_ai.request.max_tokens': 50,
      'gen_ai.request.temperature': 0,
      'gen_ai.request.top_p': 0.5,
      'gen_ai.request.seed': 7,
      'gen_ai.request.choice.count': 2,
      'gen_ai.response.id': id,
      'gen_ai.response.model': 'fake-small',
      'gen_ai.response.finish_reasons': ['stop', 'stop'],
      'gen_ai.usage.input_tokens': usage!.promptTokens,
      'gen_ai.usage.output_tokens': usage!.completionTokens,
      ...attributes,
    })
    expect(status).toBeUndefined()
    expect(attributes).not.toHaveProperty(['gen_ai.request.stream'])
    expect(attributes).not.toHaveProperty(['error.type'])
  })

  it('of a stream lasts until its end', async () => {
    const client = traced({}, { usage: true })
    const stream = streamChatCompletion(client, chatRequest)
    await stream.response
    expect(kept.spans[0]!.ends).toBe(0)
    const { usage } = await finalCompletion(stream)
    expect(kept.spans[0]).toMatchObject({
      ends: 1,
      attributes: {
        'gen_ai.request.stream': true,
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.response.time_to_first_chunk': expect.any(Number),
        'gen_ai.usage.output_tokens': usage!.completionTokens,
      },
    })
  })

  it('tells of every kind of token', async () => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 40, cache_write_tokens: 10 },
      completion_tokens_details: { reasoning_tokens: 30 },
    }
    await createChatCompletion(
      traced(async () => json({ ...completion, usage })),
      chatRequest,
    )
    expect(kept.spans[0]!.attributes).toMatchObject({
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.usage.output_tokens': 50,
      'gen_ai.usage.cache_read.input_tokens': 40,
      'gen_ai.usage.cache_write.input_tokens': 10,
      'gen_ai.usage.reasoning.output_tokens': 30,
    })
  })

  it('names no count that the service did not tell', async () => {
    await collectText(
      streamChatCompletion(
        traced(async () => streamOf(hello, stop)),
        chatRequest,
      ),
    )
    expect(Object.keys(kept.spans[0]!.attributes).filter(name => name.includes('usage'))).toEqual([])
    expect(kept.measures.filter(({ name }) => name.includes('token'))).toEqual([])
  })

  it('of a stream that is cut is a failure, with the choice that did not end', async () => {
    const client = traced({ faults: { cut: 2 } })
    await failureOf(collectText(streamChatCompletion(client, chatRequest)))
    expect(kept.spans[0]).toMatchObject({
      status: 2,
      ends: 1,
      attributes: { 'error.type': 'IncompleteStreamError', 'gen_ai.response.finish_reasons': ['error'] },
    })
  })

  it.each([
    [400, 'ValidationError'],
    [401, 'AuthenticationError'],
    [429, 'RateLimitError'],
    [500, 'ServerError'],
  ])('of a %i is a failure with the class of the error', async (status, error) => {
    await failureOf(createChatCompletion(traced({ faults: { status } }), chatRequest))
    expect(kept.spans[0]).toMatchObject({ status: 2, attributes: { 'error.type': error } })
    expect(kept.spans[0]!.attributes).not.toHaveProperty(['gen_ai.response.finish_reasons'])
  })

  it('of a connection that fails is a failure', async () => {
    await failureOf(createChatCompletion(traced({ faults: { reset: 'headers' } }), chatRequest))
    expect(kept.spans[0]!.attributes['error.type']).toBe('ConnectionError')
  })

  it('of a time limit outside of it is a failure, and of an abort none', async () => {
    const slow = traced({ faults: [{ stall: 'headers' }] }, {}, { outer: [timeout({ headers: 5 })] })
    await failureOf(createChatCompletion(slow, chatRequest))
    expect(kept.spans[0]).toMatchObject({ status: 2, attributes: { 'error.type': 'TimeoutError' } })
    const controller = new AbortController()
    const aborted = failureOf(
      createChatCompletion(traced({ faults: { stall: 'headers' } }), chatRequest, controller),
    )
    controller.abort()
    await aborted
    expect(kept.spans[1]).toMatchObject({ status: undefined, ends: 1 })
    expect(kept.spans[1]!.attributes).not.toHaveProperty(['error.type'])
  })

  it('of a stream that is left early ends then, as no failure', async () => {
    for await (const _ of streamChatCompletion(traced(), chatRequest)) break
    expect(kept.spans[0]).toMatchObject({
      ends: 1,
      status: undefined,
      attributes: { 'gen_ai.response.finish_reasons': ['error'] },
    })
  })

  it('of an answer from the cache counts no token twice', async () => {
    const client = traced({}, {}, { inner: [cache()] })
    await createChatCompletion(client, chatRequest)
    await createChatCompletion(client, chatRequest)
    expect(kept.spans).toHaveLength(2)
    expect(kept.spans[1]!.attributes).not.toHaveProperty(['gen_ai.usage.input_tokens'])
    expect(sumOf(kept.measures, 'gen_ai.client.inference.usage.input_tokens')).toBe(
      kept.spans[0]!.attributes['gen_ai.usage.input_tokens'],
    )
  })

  it('is not in the way of a request or an answer that is not as the API has it', async () => {
    const odd = { toString: 1 } as unknown as string
    const answer = {
      id: odd,
      model: odd,
      choices: [{ index: 0, message: { content: 'Hi' }, finish_reason: 5 }],
    }
    const client = traced(async () => json({ ...answer, usage: { prompt_tokens: odd } }), {
      propagate: true as unknown as string[],
    })
    const request = {
      ...chatRequest,
      model: odd,
      n: odd as unknown as number,
      responseFormat: { type: 5 as unknown as 'text' },
    }
    const { choices } = await createChatCompletion(client, request)
    expect(choices[0]!.message.content).toBe('Hi')
    expect(kept.spans[0]).toMatchObject({
      name: 'chat',
      ends: 1,
      attributes: { 'gen_ai.response.finish_reasons': ['error'] },
    })
    const inherited = endpoint<object, object>('inherited', 'POST /constructor')
    await inherited(
      traced(async () => json({})),
      {},
    )
    expect(kept.spans[1]!.name).toBe('inherited')
  })

  it('takes the attributes that it is given, and none from what throws', async () => {
    const user = { 'gen_ai.conversation.id': 'thread-1' }
    await createChatCompletion(traced({}, { attributes: ({ call }) => (call ? user : {}) }), chatRequest)
    const attributes = () => {
      throw new Error('no user')
    }
    await createChatCompletion(traced({}, { attributes }), chatRequest)
    expect(kept.spans.map(span => span.attributes['gen_ai.conversation.id'])).toEqual(['thread-1', undefined])
  })

  it('is the parent of what happens inside', async () => {
    const client = traced({}, {}, { inner: [otel(kept)] })
    await createChatCompletion(client, chatRequest)
    expect(kept.spans[1]!.parent).toBe(kept.spans[0])
  })

  it('needs no more of a tracer than startSpan', async () => {
    const { startSpan } = kept.tracer
    await createChatCompletion(traced({}, { tracer: { startSpan } }), chatRequest)
    expect(kept.spans).toHaveLength(1)
  })

  it("is made as Workers' own tracer has it: attributes after, and a status by name", async () => {
    const spans: { name: string; attributes: object; status?: unknown; ended?: boolean }[] = []
    const tracer = {
      enterSpan() {},
      startSpan: () => expect.unreachable(),
      startActiveSpan(name: string, run: unknown, ...rest: unknown[]) {
        if (typeof run !== 'function' || rest.length)
          throw new TypeError('parameter 2 is not of type Function')
        const span: (typeof spans)[number] = { name, attributes: {} }
        spans.push(span)
        return run({
          setAttributes: (attributes: object) => Object.assign(span.attributes, attributes),
          setStatus({ code }: { code: unknown }) {
            if (!['unset', 'ok', 'error'].includes(code as string)) throw new TypeError('Span status code')
            span.status = code
          },
          spanContext: () => ({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 }),
          end() {
            span.ended = true
          },
        })
      },
    } as unknown as TracerLike
    await failureOf(
      createChatCompletion(
        traced({ faults: { status: 500 } }, { tracer, propagate: ['https://api.test'] }),
        chatRequest,
      ),
    )
    expect(spans).toMatchObject([
      {
        name: 'chat fake-small',
        status: 'error',
        ended: true,
        attributes: { 'gen_ai.operation.name': 'chat', 'error.type': 'ServerError' },
      },
    ])
  })
})

describe('inside retry', () => {
  it('each attempt has its span, and says how often the request was sent before', async () => {
    const client = traced({ faults: [{ status: 503 }, { status: 503 }] }, {}, { outer: [quick()] })
    await createChatCompletion(client, chatRequest)
    expect(
      kept.spans.map(({ attributes, status }) => [attributes['http.request.resend_count'], status]),
    ).toEqual([
      [undefined, 2],
      [1, 2],
      [2, undefined],
    ])
  })

  it('calls are told apart', async () => {
    const client = traced({}, {}, { outer: [quick()] })
    await Promise.all([createChatCompletion(client, chatRequest), createChatCompletion(client, chatRequest)])
    for (const { attributes } of kept.spans)
      expect(attributes).not.toHaveProperty(['http.request.resend_count'])
  })
})

it('outside retry there is one span a call', async () => {
  const client = traced({ faults: [{ status: 503 }] }, {}, { inner: [quick()] })
  await createChatCompletion(client, chatRequest)
  expect(kept.spans).toHaveLength(1)
  expect(kept.spans[0]).toMatchObject({ status: undefined, attributes: { 'http.request.resend_count': 1 } })
})

describe('an operation', () => {
  const named = async (call: (client: Client) => PromiseLike<unknown>, answer: object) => {
    await call(traced(async () => json(answer)))
    return kept.spans[0]!
  }

  it('is named embeddings', async () => {
    const client = traced()
    await createEmbedding(client, { model: 'fake-embed', input: 'words', dimensions: 8 })
    expect(kept.spans[0]).toMatchObject({
      name: 'embeddings fake-embed',
      attributes: { 'gen_ai.embeddings.dimension.count': 8, 'gen_ai.usage.input_tokens': expect.any(Number) },
    })
    expect(kept.measures.map(({ name }) => name).sort()).toEqual([
      'gen_ai.client.embeddings.duration',
      'gen_ai.client.embeddings.operation.input_tokens',
    ])
  })

  it('of the Responses API is chat, with its own names of counts', async () => {
    const create = endpoint<object, object>('createResponse', 'POST /responses')
    const answer = {
      id: 'resp_1',
      object: 'response',
      model: 'gpt-5',
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      usage: {
        input_tokens: 5,
        output_tokens: 7,
        total_tokens: 12,
        output_tokens_details: { reasoning_tokens: 3 },
      },
    }
    const request = {
      model: 'gpt-5',
      input: 'Hi',
      reasoning: { effort: 'low' },
      previousResponseId: 'resp_0',
      text: { format: { type: 'json_schema' } },
    }
    const span = await named(client => create(client, request), answer)
    expect(span).toMatchObject({
      name: 'chat gpt-5',
      attributes: {
        'gen_ai.request.reasoning.level': 'low',
        'gen_ai.request.previous_response.id': 'resp_0',
        'gen_ai.output.type': 'json',
        'gen_ai.response.id': 'resp_1',
        'gen_ai.response.finish_reasons': ['max_output_tokens'],
        'gen_ai.usage.input_tokens': 5,
        'gen_ai.usage.output_tokens': 7,
        'gen_ai.usage.reasoning.output_tokens': 3,
      },
    })
  })

  it.each([
    ['POST /completions', 'text_completion gpt-5'],
    ['POST /vector_stores/vs_1/search', 'retrieval gpt-5'],
    ['POST /images/generations', 'own gpt-5'],
  ] as const)('%s is %s', async (route, name) => {
    const own = endpoint<object, object>('own', route)
    const span = await named(client => own(client, { model: 'gpt-5' }), { id: 'x', data: [] })
    expect(span.name).toBe(name)
    if (!name.startsWith('own')) expect(conventions.operations).toContain(name.split(' ')[0])
  })

  it('that fetches an answer again counts no token again', async () => {
    const retrieve = endpoint<void, object, [id: string]>('retrieveResponse', 'GET /responses/{id}')
    const usage = { input_tokens: 5, output_tokens: 7, total_tokens: 12 }
    const span = await named(client => retrieve(client, 'resp_1'), {
      id: 'resp_1',
      object: 'response',
      usage,
    })
    expect(span.name).toBe('fetch_response')
    expect(span.attributes).not.toHaveProperty(['gen_ai.usage.input_tokens'])
  })

  it('that the conventions do not know has its own name', async () => {
    await listModels(traced())
    expect(kept.spans[0]!.name).toBe('listModels')
    expect(kept.measures.map(({ name }) => name)).toEqual(['gen_ai.client.operation.duration'])
  })
})

describe('measures', () => {
  it('are those of the conventions', async () => {
    const client = traced({}, { usage: true })
    const { usage } = await finalCompletion(streamChatCompletion(client, chatRequest))
    expect(new Set(kept.measures.map(({ name }) => name))).toEqual(
      new Set([
        'gen_ai.client.inference.duration',
        'gen_ai.client.inference.time_to_first_chunk',
        'gen_ai.client.inference.usage.input_tokens',
        'gen_ai.client.inference.usage.output_tokens',
        'gen_ai.client.inference.operation.input_tokens',
        'gen_ai.client.inference.operation.output_tokens',
        ...kept.measures.map(({ name }) => name).filter(name => /cache|reasoning/.test(name)),
      ]),
    )
    expect(sumOf(kept.measures, 'gen_ai.client.inference.usage.output_tokens')).toBe(usage!.completionTokens)
  })

  it('make each instrument once', async () => {
    const client = traced()
    for (let i = 0; i < 3; i++) await createChatCompletion(client, chatRequest)
    const names = kept.instruments.map(({ name }) => name)
    expect(names).toEqual([...new Set(names)])
  })

  it('tell failures by the class of their error', async () => {
    await failureOf(createChatCompletion(traced({ faults: { status: 404 } }), chatRequest))
    expect(kept.measures).toMatchObject([
      { name: 'gen_ai.client.inference.duration', attributes: { 'error.type': 'NotFoundError' } },
    ])
  })

  it('are none without a meter', async () => {
    await createChatCompletion(traced({}, { meter: undefined }), chatRequest)
    expect([kept.measures, kept.spans.length]).toEqual([[], 1])
  })
})

describe('the trace', () => {
  const sent = async (propagate: OtelOptions['propagate'], headers?: Record<string, string>) => {
    const fetch = createFakeFetch()
    await createChatCompletion(traced(fetch, { propagate }), chatRequest, { headers })
    return fetch.requests[0]!.headers.traceparent
  }

  it('is told to the origins of the list alone', async () => {
    expect(await sent(undefined)).toBeUndefined()
    expect(await sent(false)).toBeUndefined()
    expect(await sent(['https://other.test'])).toBeUndefined()
    expect(await sent(['https://api.test'])).toMatch(/^00-a+\d{16}-\d{16}-01$/)
  })

  it('is left as the caller has set it', async () => {
    const own = `00-${'b'.repeat(32)}-${'c'.repeat(16)}-01`
    expect(await sent(['https://api.test'], { traceparent: own })).toBe(own)
  })
})

it('knows the server of an address that begins at the page', async () => {
  // Only a page has one.
  if (!globalThis.location) vi.stubGlobal('location', new URL('https://app.test:8443/chat?room=1'))
  try {
    const fetch = createFakeFetch()
    const policies = [otel({ ...kept, propagate: [location.origin] })]
    const toPage = (url: string, init: RequestInit) => fetch(new URL(url, location.href).href, init)
    await createChatCompletion(createClient({ baseUrl: '/v1', fetch: toPage, policies }), chatRequest)
    expect(kept.spans[0]).toMatchObject({
      name: 'chat fake-small',
      attributes: { 'server.address': location.hostname, 'server.port': +location.port },
    })
    expect(fetch.requests[0]!.headers.traceparent).toMatch(/^00-/)
  } finally {
    vi.unstubAllGlobals()
  }
})

describe("around another client's fetch", () => {
  it('tells of request and status, and ends with the body', async () => {
    const fetch = otel({ ...kept, propagate: [new URL(BASE).origin] })(async (_, init) => {
      expect(new Headers(init.headers).get('traceparent')).toMatch(/^00-/)
      return new Response('no', { status: 503 })
    })
    const body = JSON.stringify({ model: 'gpt-5', messages: [] })
    const response = await fetch(`${BASE}/chat/completions`, { method: 'POST', body })
    expect(kept.spans[0]!.ends).toBe(0)
    await response.text()
    expect(kept.spans[0]).toMatchObject({
      name: 'chat gpt-5',
      status: 2,
      ends: 1,
      attributes: { 'error.type': '503' },
    })
  })

  it('takes a Request', async () => {
    const fetch = otel(kept)(async () => new Response('{}'))
    await (await fetch(new Request(`${BASE}/embeddings`, { method: 'POST', body: '{}' }))).text()
    expect(kept.spans[0]!.name).toBe('embeddings')
  })
})
