import { describe, expect, it } from 'vitest'
import {
  askUsage,
  type CallReport,
  type Client,
  type ClientConfig,
  collectText,
  createChatCompletion,
  endpoint,
  type Fetch,
  fallback,
  finalCompletion,
  metrics,
  retry,
  streamChatCompletion,
} from '../../src/index.ts'
import { refusesUsage, withUsage } from '../../src/policies/ask-usage.ts'
import { createFakeFetch } from '../../src/testing/index.ts'
import { BASE, chatRequest, clientOf, completion, failureOf, json } from '../client/harness.ts'
import { policyContract } from './contract.ts'

// The contract's streams would have one chunk more, so it is held where there is nothing to ask.
policyContract('askUsage with nothing to ask', () => next => {
  const asking = askUsage()(next)
  return (url, init = {}) =>
    asking(url, init.call ? { ...init, call: { ...init.call, stream: false } } : init)
})

const ASKED = { stream_options: { include_usage: true } }

/** The bodies that a call sends. */
async function bodiesOf(
  call: (client: Client) => PromiseLike<unknown>,
  answer?: Fetch,
  config?: ClientConfig,
) {
  const bodies: Record<string, unknown>[] = []
  const fake = answer ?? createFakeFetch()
  const fetch: Fetch = (url, init) => {
    bodies.push(JSON.parse(init.body as string))
    return fake(url, init)
  }
  const client = clientOf(fetch, { policies: [askUsage()], ...config })
  await call(client)
  return { bodies, client }
}

const stream = (client: Client, more: object = {}) =>
  finalCompletion(streamChatCompletion(client, { ...chatRequest, ...more }))

/** A service that refuses the question as some do, and streams otherwise. */
function refusing(status: number, body: object, path = '/chat/completions'): Fetch {
  const fake = createFakeFetch()
  return async (url, init) => {
    const isAsked = (init.body as string).includes('stream_options')
    return isAsked && url.includes(path) ? json(body, { status }) : fake(url, init)
  }
}

const UNKNOWN = {
  error: { message: 'Unrecognized request argument supplied: stream_options', type: 'invalid_request_error' },
}

describe('askUsage', () => {
  it('asks in a chat stream, and the answer has its usage', async () => {
    let usage: unknown
    const { bodies } = await bodiesOf(async client => {
      usage = (await stream(client)).usage
    })
    expect(bodies).toEqual([{ ...chatRequest, stream: true, ...ASKED }])
    expect(usage).toMatchObject({ promptTokens: expect.any(Number), completionTokens: expect.any(Number) })
  })

  it('asks nobody else', async () => {
    const other = endpoint<object, object>('createResponse', 'POST /responses', { stream: true } as object)
    const { bodies } = await bodiesOf(
      async client => {
        await createChatCompletion(client, chatRequest)
        await other(client, { model: 'gpt-5', input: 'Hi' })
      },
      async () => json(completion),
    )
    expect(bodies.map(({ stream_options }) => stream_options)).toEqual([undefined, undefined])
  })

  it.each([{ includeUsage: false }, { includeUsage: true }, { includeObfuscation: false }])(
    'leaves alone what the caller has decided: %j',
    async streamOptions => {
      const { bodies } = await bodiesOf(client => stream(client, { streamOptions }))
      const [name, value] = Object.entries(streamOptions)[0]!
      expect(bodies[0]!.stream_options).toEqual({
        [name === 'includeUsage' ? 'include_usage' : 'include_obfuscation']: value,
      })
    },
  )

  it('asks through a name in the prompt, which decides nothing', async () => {
    const messages = [{ role: 'user' as const, content: '{"stream_options":null}' }]
    const { bodies } = await bodiesOf(client => stream(client, { messages }))
    expect(bodies[0]).toMatchObject({ messages, ...ASKED })
  })

  it.each([
    [400, UNKNOWN],
    [
      422,
      {
        detail: [
          { type: 'extra_forbidden', loc: ['body', 'stream_options'], msg: 'Extra inputs are not permitted' },
        ],
      },
    ],
    [400, { message: 'property "include_usage" is unsupported', code: 'invalid' }],
  ])('is taken back where a service refuses it with %i, and not said again there', async (status, body) => {
    const { bodies, client } = await bodiesOf(stream, refusing(status, body))
    await stream(client)
    expect(bodies.map(({ stream_options }) => stream_options)).toEqual([
      ASKED.stream_options,
      undefined,
      undefined,
    ])
  })

  it('is taken back for one service, not for another', async () => {
    const client = clientOf(refusing(400, UNKNOWN))
    const sent: string[] = []
    const policy = askUsage()
    const watched = (baseUrl: string) =>
      clientOf(
        (url, init) => {
          sent.push(`${new URL(url).host} ${(init.body as string).includes('stream_options')}`)
          return refusing(400, UNKNOWN, 'api.test')(url, init)
        },
        { baseUrl, policies: [policy] },
      )
    for (const baseUrl of [BASE, BASE, 'https://other.test/v1']) await stream(watched(baseUrl))
    expect(sent).toEqual(['api.test true', 'api.test false', 'api.test false', 'other.test true'])
    expect(client.baseUrl).toBe(BASE)
  })

  it('remembers a bounded number of services', async () => {
    const sent: string[] = []
    const policy = askUsage()
    const ask = (host: string) =>
      stream(
        clientOf(
          (url, init) => {
            sent.push(`${new URL(url).host} ${(init.body as string).includes('stream_options')}`)
            return refusing(400, UNKNOWN)(url, init)
          },
          { baseUrl: `https://${host}.test/v1`, policies: [policy] },
        ),
      )
    for (let i = 0; i < 101; i++) await ask(`h${i}`)
    sent.length = 0
    await ask('h100')
    await ask('h0')
    expect(sent).toEqual(['h100.test false', 'h0.test true', 'h0.test false'])
  })

  it.each([
    [400, { error: { message: 'messages must not be empty' } }],
    [401, UNKNOWN],
    [500, UNKNOWN],
  ])('passes on a %i of another reason', async (status, body) => {
    const fetch = refusing(status, body)
    let requests = 0
    const client = clientOf(
      (url, init) => {
        requests++
        return fetch(url, init)
      },
      { policies: [askUsage()] },
    )
    expect((await failureOf(stream(client))).status).toBe(status)
    expect(requests).toBe(1)
  })

  it('passes on what the second try fails with, and asks the service again later', async () => {
    const answers = [json(UNKNOWN, { status: 400 }), json({ error: {} }, { status: 503 })]
    const bodies: string[] = []
    const fake = createFakeFetch()
    const client = clientOf(
      async (url, init) => {
        bodies.push(init.body as string)
        return answers.shift() ?? fake(url, init)
      },
      { policies: [askUsage()] },
    )
    expect((await failureOf(stream(client))).status).toBe(503)
    await stream(client)
    expect(bodies.map(body => body.includes('stream_options'))).toEqual([true, false, true])
  })

  it("changes nothing around another client's fetch", async () => {
    let sent: unknown
    const fetch = askUsage()(async (_, init) => {
      sent = init.body
      return new Response('{}')
    })
    const body = '{"stream":true}'
    await fetch(`${BASE}/chat/completions`, { method: 'POST', body })
    expect(sent).toBe(body)
  })
})

describe('usage: true in metrics', () => {
  it('counts the tokens of a stream, in a report too', async () => {
    const reports: CallReport[] = []
    const policy = metrics({ usage: true, sink: report => reports.push(report) })
    const client = clientOf(createFakeFetch(), { policies: [policy, retry()] })
    const { usage } = await stream(client)
    expect(policy.snapshot()).toMatchObject({
      tokens: { prompt: usage!.promptTokens, completion: usage!.completionTokens },
      uncountedStreams: 0,
      retries: 0,
    })
    expect(reports[0]!.usage).toEqual(usage)
  })

  it('tells without it how many streams nobody counted', async () => {
    const policy = metrics()
    const client = clientOf(createFakeFetch(), { policies: [policy] })
    await collectText(streamChatCompletion(client, chatRequest))
    for await (const _ of streamChatCompletion(client, chatRequest)) break
    await createChatCompletion(client, chatRequest)
    expect(policy.snapshot().uncountedStreams).toBe(1)
  })

  it('is one call with two requests where the service refuses it', async () => {
    const reports: CallReport[] = []
    const policy = metrics({ usage: true, sink: report => reports.push(report) })
    const client = clientOf(refusing(400, UNKNOWN), { policies: [policy] })
    await stream(client)
    expect(policy.snapshot()).toMatchObject({ calls: { complete: 1, failed: 0, inFlight: 0 }, retries: 1 })
    expect(reports).toMatchObject([{ outcome: 'complete', status: 200, attempts: 2 }])
  })

  it('goes to another service as well', async () => {
    const down: Fetch = async () => json({ error: {} }, { status: 503 })
    const fake = createFakeFetch()
    const fetch: Fetch = (url, init) => (url.startsWith(BASE) ? down(url, init) : fake(url, init))
    const policies = [metrics({ usage: true }), fallback({ to: [{ baseUrl: 'https://other.test/v1' }] })]
    const { usage } = await stream(clientOf(fetch, { policies }))
    expect(usage).toBeDefined()
  })
})

describe('a report', () => {
  const reportOf = async (usage: unknown) => {
    const reports: CallReport[] = []
    const client = clientOf(async () => json({ ...completion, usage }), {
      policies: [metrics({ sink: report => reports.push(report) })],
    })
    await createChatCompletion(client, chatRequest)
    return reports[0]!
  }

  it('has everything that the service counted', async () => {
    const usage = {
      prompt_tokens: 3,
      cost: 0.01,
      is_byok: false,
      service_tier: 'default',
      cost_details: { upstream: null },
    }
    const report = await reportOf(usage)
    expect(report.usage).toEqual({
      promptTokens: 3,
      cost: 0.01,
      isByok: false,
      serviceTier: 'default',
      costDetails: { upstream: null },
    })
    expect([report.promptTokens, report.completionTokens]).toEqual([3, undefined])
  })

  it('has the counts of the Responses API under the same names', async () => {
    expect(await reportOf({ input_tokens: 3, output_tokens: 4 })).toMatchObject({
      promptTokens: 3,
      completionTokens: 4,
    })
  })

  it.each([
    { note: 'you said: a secret' },
    { 'a secret': 1 },
    { nested: { text: ['a secret'] } },
    'a secret',
  ])('has no text that could repeat the prompt: %j', async usage => {
    expect(JSON.stringify(await reportOf(usage))).not.toContain('secret')
  })

  it.each([undefined, null, 5, 'text'])('has no usage where there is none: %j', async usage => {
    expect((await reportOf(usage)).usage).toBeUndefined()
  })
})

describe('withUsage and refusesUsage, for who reads bodies', () => {
  it('keeps the text as it is', () => {
    expect(withUsage('{ "seed": 12345678901234567890, "stream": true }')).toBe(
      '{"stream_options":{"include_usage":true}, "seed": 12345678901234567890, "stream": true }',
    )
  })

  it.each([
    '',
    '[]',
    'null',
    '{"stream":false}',
    '{"stream":true,"stream_options":null}',
    undefined,
    new Uint8Array(2),
  ])('has nothing to ask in %j', body => expect(withUsage(body)).toBeUndefined())

  it('tells a refusal from any other failure', () => {
    expect(refusesUsage(400, 'unknown field stream_options')).toBe(true)
    expect(refusesUsage(400, undefined)).toBe(false)
    expect(refusesUsage(404, 'stream_options')).toBe(false)
  })
})
