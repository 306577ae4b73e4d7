import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  type ClientConfig,
  createChatCompletion,
  createClient,
  type Fetch,
  isLLMError,
  retry,
  streamChatCompletion,
  timeout,
} from '../../src/index.ts'
import { chatRequest, failureOf, json, KEY } from '../client/harness.ts'
import { errors } from './all-errors.ts'

/** All that a log could hold of a value. */
function printed(value: unknown): string {
  const deep = inspect(value, { depth: 8, showHidden: true, getters: true, maxStringLength: null })
  return `${deep}\n${JSON.stringify(value)}\n${String(value)}\n${(value as Error).stack}`
}

function hang(_url: string, { signal }: { signal?: AbortSignal | null }): Promise<Response> {
  return new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)))
}

/** The key as an answer could hold it. */
const escaped = KEY.replace(/[a-z]/g, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)

const status =
  (status: number, body: string, headers: Record<string, string> = {}): Fetch =>
  async () =>
    new Response(body, { status, headers })

const cases: readonly [string, Fetch, Partial<ClientConfig>?][] = [
  ...[400, 401, 403, 404, 409, 418, 422, 429, 500, 503].map(code => {
    const body = JSON.stringify({ error: { message: `Bad key ${KEY}`, code: KEY, type: KEY, param: KEY } })
    return [`a ${code} that echoes the key`, status(code, body)] as [string, Fetch]
  }),
  ['a text that echoes the key', status(401, `Not allowed: ${KEY}`)],
  ['a header that echoes the key', status(401, '{}', { 'x-echo': `Bearer ${KEY}`, 'www-authenticate': KEY })],
  ['a request id that echoes the key', status(401, '{}', { 'x-request-id': KEY })],
  ['an escaped key', status(401, `{"error":{"message":"${escaped}"}}`)],
  ['an escaped key deep inside', status(401, `{"error":{"message":"m","list":[{"a":"${escaped}"}]}}`)],
  ['HTML with the key', status(401, `<html>${KEY}</html>`, { 'content-type': 'text/html' })],
  ['a 200 that is an error', status(200, `{"error":{"message":"${KEY}"}}`)],
  ['a 200 that is no JSON', status(200, `{${KEY}`)],
  ['a redirect', status(307, '', { location: `https://evil.test/${KEY}` })],
  [
    'a failed connection',
    () => Promise.reject(new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } })),
  ],
  ['a timeout', hang, { policies: [timeout(5)] }],
  ['a retried failure', status(503, KEY), { policies: [retry({ maxRetries: 1, initialDelay: 0 })] }],
  ['a huge answer', status(200, 'x'.repeat(100)), { maxResponseBytes: 10 }],
]

describe('a printed error', () => {
  it.each(cases)('does not show the key: %s', async (_, fetch, config) => {
    const client = createClient({ baseUrl: 'https://api.test/v1', apiKey: KEY, ...config, fetch })
    const error = await failureOf(createChatCompletion(client, chatRequest))
    expect(isLLMError(error)).toBe(true)
    expect(printed(error)).not.toContain(KEY)
  })

  it.each(cases)('does not show the key, of a stream: %s', async (_, fetch, config) => {
    const client = createClient({ baseUrl: 'https://api.test/v1', apiKey: KEY, ...config, fetch })
    const error = await failureOf(async () => {
      for await (const _ of streamChatCompletion(client, chatRequest));
    })
    expect(isLLMError(error)).toBe(true)
    expect(printed(error)).not.toContain(KEY)
  })

  it.each([
    ['x-api-key', KEY],
    ['authorization', `Basic ${KEY}`],
    ['authorization', `bearer ${KEY}`],
    ['cookie', `session=${KEY}`],
    ['cf-aig-authorization', `Bearer ${KEY}`],
    ['x-goog-api-key', KEY],
    ['x-auth-token', KEY],
  ])('does not show a secret of the header %s: %s', async (name, value) => {
    const client = createClient({
      baseUrl: 'https://api.test/v1',
      headers: { [name]: value },
      fetch: async () => json({ error: { message: `Wrong: ${KEY}` } }, { status: 401 }),
    })
    const error = await failureOf(createChatCompletion(client, chatRequest))
    if (name === 'cookie') expect(printed(error)).not.toContain(value)
    else expect(printed(error)).not.toContain(KEY)
  })

  it('does not show it for a bad setting', async () => {
    const bad = `${KEY}\u0000`
    for (const config of [
      { apiKey: bad },
      { headers: { authorization: bad } },
      { headers: { authorization: [KEY] } },
      { baseUrl: `https://user:${KEY}@api.test` },
      { baseUrl: 'http://api.test', apiKey: KEY },
    ]) {
      const error = await failureOf(() => createClient(config as ClientConfig))
      expect(printed(error)).not.toContain(KEY)
    }
    const client = createClient({ baseUrl: 'https://api.test', apiKey: () => bad })
    expect(printed(await failureOf(createChatCompletion(client, chatRequest)))).not.toContain(KEY)
    const options = { headers: { authorization: bad }, idempotencyKey: bad }
    expect(printed(await failureOf(createChatCompletion(client, chatRequest, options)))).not.toContain(KEY)
  })

  it('names the class and shows the message', () => {
    for (const [name, error] of errors) expect(inspect(error)).toContain(`${name}: m`)
  })
})

describe('a printed client', () => {
  it('does not show the key, spread and in JSON as well', async () => {
    const client = createClient({
      baseUrl: 'https://api.test/v1',
      apiKey: KEY,
      headers: { 'x-api-key': KEY },
    })
    for (const value of [client, { ...client }, Object.entries(client)])
      expect(printed(value)).not.toContain(KEY)
    expect(Object.keys(client)).toEqual(['baseUrl', 'request'])
    const clone = await failureOf(() => structuredClone(client))
    expect(printed(clone)).not.toContain(KEY)
    const names: string[] = []
    for (const name in client) names.push(name)
    expect(names).toEqual(['baseUrl', 'request'])
  })
})
