import { describe, expect, it } from 'vitest'
import {
  type ChatCompletionRequest,
  collectText,
  createChatCompletion,
  readStream,
  streamChatCompletion,
  timeout,
} from '../../src/index.ts'
import type { RelayOptions, RelayUse } from '../../src/relay/index.ts'
import { createFakeFetch } from '../../src/testing/index.ts'
import { failureOf } from '../client/harness.ts'
import { bodyOf, chunk, events, sse, until } from '../support/frames.ts'
import { dataOf, errorOf, KEY, pageClient, question, relayOf, type User, visit } from './harness.ts'

const ORG = 'org-Ab12Cd34Ef56'

/** A relay before a service that answers with this. */
function answeredBy(answer: () => Response | Promise<Response>, options: Partial<RelayOptions<User>> = {}) {
  return relayOf({ fetch: async () => answer(), ...options })
}

const streamed = (body: BodyInit) => new Response(body, { headers: { 'content-type': 'text/event-stream' } })
const asked = { ...question, stream: true }

describe("the service's refusal", () => {
  it.each([
    [401, { message: `Incorrect API key provided: ${KEY}`, code: 'invalid_api_key' }],
    [403, { message: `Project of ${ORG} may not`, code: 'forbidden' }],
    [402, { message: 'Insufficient credits' }],
    [
      429,
      {
        message: 'You exceeded your current quota, check your plan',
        type: 'insufficient_quota',
        code: 'insufficient_quota',
      },
    ],
  ])('%i is of the account, and not for the visitor', async (status, error) => {
    const { handle } = answeredBy(() => Response.json({ error }, { status }))
    const response = await handle(visit())
    expect(response.headers.get('x-should-retry')).toBe('false')
    const told = await errorOf(response)
    expect(told).toMatchObject({
      status: 502,
      code: 'upstream_auth',
      message: 'The service cannot answer now',
    })
  })

  it.each([429, 500, 503, 529])('%i is passed on with the wait, and without its words', async status => {
    const error = {
      message: `Rate limit reached for m in organization ${ORG}`,
      type: 'tokens',
      code: 'rate_limit_exceeded',
      internal: KEY,
    }
    const headers = {
      'retry-after': '7',
      'retry-after-ms': '7000',
      'x-ratelimit-remaining-tokens': '0',
      'openai-organization': ORG,
    }
    const { handle } = answeredBy(() => Response.json({ error }, { status, headers }))
    const response = await handle(visit())
    expect([response.headers.get('retry-after'), response.headers.get('retry-after-ms')]).toEqual([
      '7',
      '7000',
    ])
    expect([...response.headers].join()).not.toMatch(/ratelimit|organization/)
    const text = await response.clone().text()
    expect(text).not.toMatch(new RegExp(`${ORG}|${KEY}`))
    expect(await errorOf(response)).toMatchObject({ status, code: 'rate_limit_exceeded' })
  })

  it.each([400, 404, 413, 422])(
    '%i says what is wrong with the request, and nothing of the account',
    async status => {
      const message = `The model in proj_AbCdEf123456 of ${ORG} takes 8192 tokens (key ${KEY}, sk-proj-other-key-12345)`
      const error = {
        message,
        type: 'invalid_request_error',
        code: 'context_length_exceeded',
        param: 'messages',
        metadata: { raw: KEY },
      }
      const { handle } = answeredBy(() => Response.json({ error }, { status }))
      const told = await errorOf(await handle(visit()))
      expect(told).toEqual({
        status,
        message: 'The model in … of … takes 8192 tokens (key …, …)',
        type: 'invalid_request_error',
        code: 'context_length_exceeded',
        param: 'messages',
      })
    },
  )

  it.each([
    ['a page', '<html><h1>nginx at 10.0.0.7</h1></html>'],
    ['nothing', ''],
    ['a list', '[{"error":{"message":"sk-abcdefghijk"}}]'],
    ['a text', '"10.0.0.7 is down"'],
    ['null', 'null'],
  ])('in %s is told in words of the relay', async (_, body) => {
    for (const status of [400, 500]) {
      const { handle, errors } = answeredBy(() => new Response(body, { status }))
      const told = await errorOf(await handle(visit()))
      expect(told).toMatchObject({ status, code: 'upstream_failed' })
      expect(told.message).toBe('The service cannot answer now')
      expect(errors).toEqual([])
    }
  })

  it('shows no key in its shorter words, before the answer and in mid stream', async () => {
    const error = { message: KEY, type: KEY, code: KEY, param: KEY }
    const stream = { headers: { 'content-type': 'text/event-stream' } }
    for (const status of [400, 503, 200]) {
      const { handle } = answeredBy(() =>
        status === 200
          ? new Response(`data: ${JSON.stringify({ error })}\n\n`, stream)
          : Response.json({ error }, { status }),
      )
      const told = await (await handle(visit(asked))).text()
      expect(told).toContain('"code":"upstream_failed"')
      expect(told).not.toContain(KEY)
    }
  })

  it('shows no key that is escaped, nor one without its scheme', async () => {
    const key = 'Zq8vT3nW/5xY7aB9c+d'
    const echo = `{"error":{"message":"bad ${key.replace('/', '\\/').replace('+', '\\u002b')}","param":"${key}"}}`
    const { handle } = answeredBy(() => new Response(echo, { status: 400 }), {
      apiKey: undefined,
      headers: { authorization: `Api-Key ${key}` },
    })
    expect(await errorOf(await handle(visit()))).toMatchObject({ message: 'bad …', param: '…' })
  })

  it('is told where it comes with a 200', async () => {
    const error = { message: `No credit left for ${ORG}`, code: 'rate_limited' }
    const { handle } = answeredBy(() => Response.json({ error, id: 1 }))
    expect(await (await handle(visit())).json()).toEqual({
      error: {
        message: 'The service cannot answer now',
        type: 'server_error',
        code: 'rate_limited',
        param: null,
      },
    })
  })
})

describe('a service that does not answer', () => {
  it.each(['fetch failed: connect ECONNREFUSED 10.0.0.7:443', 'certificate of llm.internal expired'])(
    'is a 502: %s',
    async message => {
      const { handle, service } = answeredBy(() => Promise.reject(new TypeError(message)))
      const told = await errorOf(await handle(visit()))
      expect(told).toMatchObject({
        status: 502,
        code: 'upstream_unreachable',
        message: 'The service cannot answer now',
      })
      expect(service.requests).toHaveLength(0)
    },
  )

  it('is a 504 after the silence that it may have, before its headers and after', async () => {
    const uses: RelayUse<User>[] = []
    for (const stall of ['headers', 'first'] as const) {
      const { handle, service } = relayOf(
        { maxSilence: 30, onUse: use => uses.push(use) },
        { faults: { stall } },
      )
      expect(await errorOf(await handle(visit()))).toMatchObject({ status: 504, code: 'upstream_timeout' })
      await until(() => service.requests[0]!.aborted)
    }
    expect(uses).toHaveLength(2)
  })

  it('is a 504 for a time limit of a policy, and a 503 where one lets nothing through', async () => {
    const fake = createFakeFetch({ faults: { stall: 'headers' } })
    const { handle } = relayOf({ fetch: timeout(20)(fake) })
    expect(await errorOf(await handle(visit()))).toMatchObject({ status: 504, code: 'upstream_timeout' })
  })

  it('is an error in mid stream', async () => {
    const { handle, service } = relayOf({ maxSilence: 50 }, { faults: { stall: 3 } })
    const data = dataOf(await (await handle(visit(asked))).text())
    expect(data).toHaveLength(4)
    expect(JSON.parse(data.at(-1)!).error).toMatchObject({
      code: 'upstream_timeout',
      name: 'TimeoutError',
      phase: 'idle',
    })
    await until(() => service.requests[0]!.aborted)
  })

  it.each([
    ['a reset', { reset: 3 }],
    ['an end that is none', { cut: 3 }],
  ])('is an error in mid stream after %s', async (_, faults) => {
    const uses: RelayUse<User>[] = []
    const { handle } = relayOf({ onUse: use => uses.push(use) }, { faults })
    const text = await (await handle(visit(asked))).text()
    expect(dataOf(text)).toHaveLength(4)
    expect(text.endsWith('"name":"IncompleteStreamError"}}\n\n')).toBe(true)
    expect(JSON.parse(dataOf(text).at(-1)!).error).toMatchObject({
      code: 'upstream_cut',
      message: 'The service broke off',
    })
    await until(() => uses.length === 1)
    expect(uses[0]).toMatchObject({ outcome: 'failed', estimated: true })
  })
})

describe('an error in mid stream', () => {
  const leaks = new RegExp(`${ORG}|${KEY}|plan`)
  it.each([
    [
      'as OpenAI sends it',
      sse({ error: { message: `${ORG} is over its plan`, type: 'server_error', code: 'oops' } }),
    ],
    ['with its name', `event: error\n${sse({ error: { message: ORG }, key: 1 })}`],
    [
      'as the Responses API sends it',
      `event: error\n${sse({ type: 'error', code: 'oops', message: ORG, param: null })}`,
    ],
    [
      'in a response',
      `event: response.failed\n${sse({ type: 'response.failed', response: { id: 'r', error: { code: 'oops', message: ORG } } })}`,
    ],
    [
      'in a choice',
      sse({
        choices: [
          {
            index: 0,
            delta: {},
            finish_reason: 'error',
            error: { code: 502, message: ORG, metadata: { raw: KEY } },
          },
        ],
      }),
    ],
    ['as vLLM sends it', sse({ object: 'error', message: ORG, code: 500 })],
    ['that is a text', sse({ error: ORG })],
    ['that is broken', `event: error\ndata: {"error":{"message":"${ORG}\n\n`],
    ['in two lines', `data: {"error":\ndata: {"message":"${ORG}"}}\n\n`],
  ])('tells nothing of the account: %s', async (_, text) => {
    const { handle } = answeredBy(() => streamed(events(chunk({ content: 'a' })).join('') + text))
    const told = await (await handle(visit(asked))).text()
    expect(told).toContain('"content":"a"')
    expect(told).not.toMatch(leaks)
    expect(told).toContain('The service cannot answer now')
    expect(told).not.toContain('upstream_cut')
  })

  it('is not seen in what the model says', async () => {
    const content =
      '{"error": {"message": "x"}, "type": "error", "usage": {"total_tokens": 9}}\u2028event: error\u2028data: [DONE]'
    const text = sse(chunk({ content }), chunk({}, 'stop'), '[DONE]')
    const uses: RelayUse<User>[] = []
    const { handle } = answeredBy(() => streamed(text), { includeUsage: false, onUse: use => uses.push(use) })
    expect(await (await handle(visit(asked))).text()).toBe(text)
    await until(() => uses.length === 1)
    expect(uses[0]).toMatchObject({ outcome: 'complete', usage: undefined })
  })
})

/** A failure in the Worker, and what a page that reads the answer through the relay is thrown. */
const crossings: [string, object, { name: string; [member: string]: unknown }, (() => Response)?][] = [
  ['400', { status: 400 }, { name: 'ValidationError', status: 400 }],
  ['404', { status: 404 }, { name: 'NotFoundError', status: 404 }],
  ['409', { status: 409 }, { name: 'ConflictError', status: 409 }],
  [
    '429',
    { status: 429, headers: { 'retry-after': '9' } },
    { name: 'RateLimitError', status: 429, retryAfter: 9000, retryable: true },
  ],
  ['500', { status: 500 }, { name: 'ServerError', status: 500, retryable: true }],
  ['401 of the account', { status: 401 }, { name: 'ServerError', status: 502, retryable: false }],
  [
    'no connection',
    { reset: 'headers' },
    { name: 'ServerError', status: 502, code: 'upstream_unreachable', retryable: true },
  ],
  [
    'silence',
    { stall: 'headers' },
    { name: 'ServerError', status: 504, code: 'upstream_timeout', retryable: true },
  ],
]

describe('an error crosses a relay', () => {
  it.each(crossings)('%s, read whole and as a stream', async (_, faults, expected) => {
    const { handle } = relayOf({ maxSilence: 40 }, { faults })
    const client = pageClient(handle)
    const request = question as ChatCompletionRequest
    for (const failing of [
      createChatCompletion(client, request),
      collectText(streamChatCompletion(client, request)),
    ]) {
      const error = await failureOf(failing)
      expect(error).toMatchObject(expected)
      expect(error.message.match(/: /g)).toHaveLength(1)
    }
  })

  const middle: [string, object, { name: string; [member: string]: unknown }][] = [
    ['a cut', { cut: 3 }, { name: 'IncompleteStreamError', code: 'upstream_cut' }],
    ['a reset', { reset: 3 }, { name: 'IncompleteStreamError', code: 'upstream_cut' }],
    ['silence', { stall: 3 }, { name: 'TimeoutError', phase: 'idle', code: 'upstream_timeout' }],
  ]
  it.each(middle)('%s in mid stream, with what had arrived', async (_, faults, expected) => {
    const { handle } = relayOf({ maxSilence: 40 }, { faults })
    const client = pageClient(handle)
    const error = await failureOf(
      collectText(streamChatCompletion(client, question as ChatCompletionRequest)),
    )
    expect(error).toMatchObject(expected)
    expect(error.message.match(/broke off|was silent/g)).toHaveLength(1)
    const response = await handle(visit(asked))
    expect(await failureOf(collectText(readStream(response)))).toMatchObject(expected)
  })

  it('an event that is too large, as the limit that it is over', async () => {
    const { handle } = answeredBy(() =>
      streamed(bodyOf(Array.from({ length: 20 }, () => new Uint8Array(500_000).fill(97))).body),
    )
    const response = await handle(visit(asked))
    expect(await failureOf(collectText(readStream(response)))).toMatchObject({
      name: 'LimitError',
      code: 'too_large',
    })
  })

  it.each([429, 400])('%i in mid stream, by its status', async status => {
    const error = { message: ORG, status, code: 'busy' }
    const { handle } = answeredBy(() => streamed(sse(chunk({ content: 'a' }), { error })))
    const response = await handle(visit(asked))
    const name = status === 429 ? 'RateLimitError' : 'ValidationError'
    expect(await failureOf(collectText(readStream(response)))).toMatchObject({ name, status, code: 'busy' })
  })

  it('the error of a time limit around the fetch, in mid stream', async () => {
    const fake = createFakeFetch({ faults: { stall: 3 } })
    const { handle } = relayOf({ fetch: timeout({ idle: 30 })(fake) })
    const error = await failureOf(collectText(readStream(await handle(visit(asked)))))
    expect(error).toMatchObject({ name: 'TimeoutError', phase: 'idle' })
    expect(error.message).toBe('idle took over 30 ms')
  })
})
