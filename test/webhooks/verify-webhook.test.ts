import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  ConfigurationError,
  ProtocolError,
  ValidationError,
  verifyWebhook,
  type WebhookEvent,
} from '../../src/index.ts'
import { failureOf } from '../client/harness.ts'

const NOW = 1_750_000_000
const SECRET = `whsec_${btoa('a secret of some length')}`
const OTHER = `whsec_${btoa('another secret')}`
const payload = JSON.stringify({
  id: 'evt_1',
  object: 'event',
  created_at: NOW,
  type: 'response.completed',
  data: { id: 'resp_1' },
})

/** The signature of Standard Webhooks, made with another function than the one that checks it. */
async function sign(secret: string, id: string, time: number | string, body: string): Promise<string> {
  const raw = secret.startsWith('whsec_')
    ? Uint8Array.from(atob(secret.slice(6)), char => char.charCodeAt(0))
    : new TextEncoder().encode(secret)
  const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const made = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(`${id}.${time}.${body}`))
  return `v1,${btoa(String.fromCharCode(...new Uint8Array(made)))}`
}

async function headersFor(
  body = payload,
  secret = SECRET,
  time: number | string = NOW,
): Promise<Record<string, string>> {
  return {
    'webhook-id': 'wh_1',
    'webhook-timestamp': `${time}`,
    'webhook-signature': await sign(secret, 'wh_1', time, body),
  }
}

/** The headers of another library's request: no `Headers` of this runtime, but they can be iterated. */
class OtherHeaders {
  readonly #entries: readonly (readonly [string, string])[]

  constructor(entries: readonly (readonly [string, string])[]) {
    this.#entries = entries
  }

  [Symbol.iterator]() {
    return this.#entries[Symbol.iterator]()
  }
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW * 1000, toFake: ['Date'] })
})

afterEach(() => {
  vi.useRealTimers()
})

describe('verifyWebhook', () => {
  it('takes a secret as a file holds it', async () => {
    for (const secret of [`${SECRET}\n`, ` ${SECRET}`, `${SECRET}\r\n`])
      expect((await verifyWebhook({ body: payload, headers: await headersFor() }, secret)).id).toBe('evt_1')
    const headers = await headersFor(payload, 'plain')
    expect((await verifyWebhook({ body: payload, headers }, 'plain\n')).id).toBe('evt_1')
    expect(await failureOf(verifyWebhook({ body: payload, headers }, ' '))).toBeInstanceOf(ConfigurationError)
  })

  it('takes a Request, and gives its event in camelCase', async () => {
    const request = new Request('https://me.test/hook', {
      method: 'POST',
      body: payload,
      headers: await headersFor(),
    })
    const event: WebhookEvent = await verifyWebhook(request, SECRET)
    expect(event).toEqual({
      id: 'evt_1',
      object: 'event',
      createdAt: NOW,
      type: 'response.completed',
      data: { id: 'resp_1' },
    })
    if (event.type === 'response.completed') expect(event.data.id).toBe('resp_1')
  })

  it('takes what other servers have: texts or bytes, headers in any case and in lists', async () => {
    const headers = await headersFor()
    const named = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value]]),
    )
    const bytes = new TextEncoder().encode(`xx${payload}xx`).subarray(2, -2)
    for (const [body, given] of [
      [payload, headers],
      [payload, new Headers(headers)],
      [payload, new OtherHeaders(Object.entries(headers))],
      [payload, new Map(Object.entries(headers))],
      [payload, Object.entries(headers)],
      [payload, named],
      [bytes, headers],
      [bytes.slice().buffer, headers],
    ] as const)
      expect((await verifyWebhook({ body, headers: given }, SECRET)).type).toBe('response.completed')
  })

  it('checks the bytes as they came, whatever they are', async () => {
    const body = '{"type":"a","name":"ä ￿ – 😀"}'
    expect(await verifyWebhook({ body, headers: await headersFor(body) }, SECRET)).toMatchObject({
      name: 'ä ￿ – 😀',
    })
    const error = await failureOf(
      verifyWebhook({ body: `${body} `, headers: await headersFor(body) }, SECRET),
    )
    expect(error).toBeInstanceOf(ValidationError)
  })

  it('tries several secrets and several signatures, as while a secret is being changed', async () => {
    const headers = await headersFor()
    expect((await verifyWebhook({ body: payload, headers }, [OTHER, SECRET])).id).toBe('evt_1')
    const several = { ...headers, 'webhook-signature': `v1,AAAA v1a,xxxx ${headers['webhook-signature']}` }
    expect((await verifyWebhook({ body: payload, headers: several }, SECRET)).id).toBe('evt_1')
  })

  it('takes a secret that is plain text', async () => {
    const headers = await headersFor(payload, 'plain text')
    expect((await verifyWebhook({ body: payload, headers }, 'plain text')).id).toBe('evt_1')
  })

  it.each([
    ['another secret', () => headersFor(payload, OTHER)],
    ['another body', () => headersFor(`${payload} `)],
    [
      'a signature that is none',
      async () => ({ ...(await headersFor()), 'webhook-signature': 'v1,%%% v1, v1' }),
    ],
    [
      'no version',
      async () => ({
        ...(await headersFor()),
        'webhook-signature': (await headersFor())['webhook-signature']!.slice(3),
      }),
    ],
    ['another id', async () => ({ ...(await headersFor()), 'webhook-id': 'wh_2' })],
    ['another time', async () => ({ ...(await headersFor()), 'webhook-timestamp': `${NOW + 1}` })],
  ])('refuses %s', async (_, headers) => {
    const error = await failureOf(verifyWebhook({ body: payload, headers: await headers() }, SECRET))
    expect(error).toBeInstanceOf(ValidationError)
    expect(error.issues).toEqual([{ path: 'webhook-signature', message: 'matches none of the secrets' }])
  })

  it('refuses what is too old or from the future, and what has no time', async () => {
    for (const time of [NOW - 301, NOW + 301, 'now', '']) {
      const headers = await headersFor(payload, SECRET, time)
      const error = await failureOf(verifyWebhook({ body: payload, headers }, SECRET))
      expect(error.issues[0].path).toBe('webhook-timestamp')
    }
    for (const time of [NOW - 300, NOW + 300])
      await verifyWebhook({ body: payload, headers: await headersFor(payload, SECRET, time) }, SECRET)
    const old = { body: payload, headers: await headersFor(payload, SECRET, NOW - 10) }
    await expect(verifyWebhook(old, SECRET, { tolerance: 5000 })).rejects.toThrow(/within 5000 ms/)
    await expect(verifyWebhook(old, SECRET, { tolerance: Number.POSITIVE_INFINITY })).resolves.toBeDefined()
  })

  it('says which header is missing', async () => {
    for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
      const { [name]: _, ...headers } = await headersFor()
      const error = await failureOf(verifyWebhook({ body: payload, headers }, SECRET))
      expect(error.message).toBe(`${name} is missing`)
    }
  })

  it('says that a body was parsed too early, and that a secret is none', async () => {
    const headers = await headersFor()
    const parsed = { body: JSON.parse(payload), headers }
    expect((await failureOf(verifyWebhook(parsed, SECRET))).message).toContain(
      'body must be the text or the bytes',
    )
    for (const secret of [undefined, '', [], 'whsec_', 'whsec_%%'])
      expect(await failureOf(verifyWebhook({ body: payload, headers }, secret as string))).toBeInstanceOf(
        ConfigurationError,
      )
  })

  it('gives events that nobody knows, and refuses what is signed but no event', async () => {
    const body = '{"type":"vendor.thing","data":{"some_key":1}}'
    expect(await verifyWebhook({ body, headers: await headersFor(body) }, SECRET)).toEqual({
      type: 'vendor.thing',
      data: { someKey: 1 },
    })
    expect(
      await failureOf(verifyWebhook({ body: 'no', headers: await headersFor('no') }, SECRET)),
    ).toBeInstanceOf(ProtocolError)
  })

  it('has no secret and no signature in its errors', async () => {
    const headers = await headersFor(payload, OTHER)
    const error = await failureOf(verifyWebhook({ body: payload, headers }, SECRET))
    const shown = `${error.message} ${JSON.stringify(error)} ${error.stack}`
    expect(shown).not.toContain(headers['webhook-signature']!.slice(3))
    expect(shown).not.toContain(SECRET)
  })
})
