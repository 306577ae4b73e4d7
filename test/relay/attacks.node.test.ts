import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { memoryQuota, memoryStreams, relay } from '../../src/relay/index.ts'
import { until } from '../support/frames.ts'
import { authorize, KEY } from './harness.ts'
import { requestOf, sendRaw, startService } from './raw.ts'
import { bundleObject, runObject } from './run-object.ts'
import { type Listening, serve } from './serve.ts'

// What somebody may send who can reach a relay, over a real connection: by Node's server, and by an object in workerd.

const CHAT = '/v1/chat/completions'
const MAX_BODY = 4000
const SECRET = 'azure-key-5f0c9d1e7b'
const limits = { maxTokens: 100, maxBodyBytes: MAX_BODY, tools: ['weather'], tokensPerDay: 1000 }
const shared = {
  limits,
  origins: ['https://app.test'],
  headers: { 'api-key': SECRET },
  paths: ['/chat/completions', '/responses'],
}

/** What the owner is told of: in this process alone. */
const errors: unknown[] = []

let service: Awaited<ReturnType<typeof startService>>
beforeAll(async () => {
  service = await startService(({ text, headers }) => {
    const { messages = [], stream } = JSON.parse(text)
    const content = messages[0]?.content
    if (content === 'echo') {
      const message = `Bad header ${headers.authorization} and ${headers['api-key']} in ${encodeURIComponent(KEY)}`
      return {
        status: 400,
        json: { error: { message, type: 'invalid_request_error', code: KEY, param: KEY } },
      }
    }
    if (stream) return { words: Array.from({ length: 30 }, (_, index) => `${content}-${index} `), delay: 10 }
    return { json: { choices: [], usage: { total_tokens: 400 } } }
  })
})
afterAll(() => service?.close())
beforeEach(() => {
  service.received.length = 0
})

const kinds: [string, () => Promise<Listening>][] = [
  [
    "Node's server",
    () =>
      serve(
        relay({
          ...shared,
          baseUrl: service.baseUrl,
          apiKey: KEY,
          authorize,
          models: ['fake-small'],
          streams: memoryStreams(),
          quota: memoryQuota(),
          onError: error => errors.push(error),
        }),
      ),
  ],
  ['an object in workerd', async () => runObject(await bundleObject(), service.baseUrl, shared)],
]

describe.each(kinds)('a relay in %s', (_, start) => {
  let url: string
  let close: () => Promise<void>
  beforeAll(async () => {
    const listening = await start()
    url = listening.url
    close = listening.close
  }, 60_000)
  afterAll(() => close?.())

  let users = 0
  /** A user that no other test has. */
  const newUser = () => `mallory${users++}`

  const bodyOf = (more: object = {}) =>
    JSON.stringify({ model: 'fake-small', messages: [{ role: 'user', content: 'x' }], ...more })

  function send(
    method: string,
    path: string,
    body = '',
    headers: readonly (readonly [string, string])[] = [],
    user = newUser(),
  ) {
    const authorization = headers.some(([name]) => name === 'authorization')
      ? []
      : [['authorization', `Bearer user-${user}`] as const]
    return sendRaw(url, requestOf(method, path, [...authorization, ...headers], body))
  }
  const post = (body: string, headers?: readonly (readonly [string, string])[], user?: string) =>
    send('POST', CHAT, body, headers, user)
  const sent = () => service.received.map(({ text }) => JSON.parse(text))

  it.each([
    '/v1/chat/%63ompletions',
    '/v1/chat%2fcompletions',
    '/v1/chat/completions%00',
    '/v1/chat/completions%2e%2e',
    '/v1/chat/completions;/../files',
    '/v1/ｃhat/completions',
    '/v1/chat/completions/..%5c..%5cfiles',
    '/v1/chat/completi%6Fns?x=/chat/completions',
    '/v1/files#/chat/completions',
    '/v1/files?/chat/completions',
    '//evil.test/v1/files',
  ])('finds nothing at %s', async path => {
    expect((await send('POST', path, bodyOf())).status).not.toBe(200)
    expect(service.received).toHaveLength(0)
  })

  it.each([
    '//evil.test/v1/chat/completions',
    '/a/%2e%2e/chat/completions',
    '/v1\\chat\\completions',
    `${CHAT}?api-version=x&model=fake-large`,
  ])('asks for the one path that it knows, at %s', async path => {
    await send('POST', path, bodyOf())
    for (const { url, method } of service.received) expect([method, url]).toEqual(['POST', CHAT])
  })

  it('sends the member that it has checked, where one stands there twice', async () => {
    const twice =
      '{"model":"fake-large","model":"fake-small","max_tokens":9,"max_tokens":99999,"messages":[]}'
    expect((await post(twice)).status).toBe(200)
    expect(
      (await post(twice.replace('"fake-large","model":"fake-small"', '"fake-small","model":"fake-large"')))
        .status,
    ).toBe(403)
    expect(service.received.map(({ text }) => text)).toEqual([
      '{"model":"fake-small","messages":[],"max_tokens":100}',
    ])
  })

  it('takes nothing from a prototype', async () => {
    const hidden = '"__proto__":{"model":"fake-small","max_tokens":1,"n":1,"stream":false,"tools":[]}'
    expect((await post(`{${hidden},"messages":[]}`)).status).toBe(403)
    expect(
      (await post(`{${hidden},"model":"fake-small","constructor":{"prototype":{"x":1}},"messages":[]}`))
        .status,
    ).toBe(200)
    expect(sent()[0].max_tokens).toBe(100)
    expect((await post(bodyOf({ model: '__proto__' }))).status).toBe(403)
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  it.each([
    ['max_tokens', -1],
    ['max_tokens', 0],
    ['max_tokens', '50'],
    ['max_tokens', 1.5],
    ['max_completion_tokens', -5],
    ['max_output_tokens', true],
    ['n', '2'],
    ['n', 1.5],
    ['n', -1],
    ['n', [1]],
    ['stream', 'true'],
    ['stream', 1],
    ['tools', { 0: { type: 'mcp' } }],
    ['tools', [{ type: ['function'], function: { name: 'weather' } }]],
    ['tools', [{ type: 'mcp', server_url: 'http://10.0.0.1', function: { name: 'weather' } }]],
    ['tools', [{ type: 'function', function: { name: ['weather'] } }]],
    ['tools', [{ function: { name: 'weather' } }]],
    ['extra_body', { tools: [{ type: 'mcp' }] }],
    // Other names of the limit: llama.cpp takes the first one over `max_tokens`.
    ['n_predict', -1],
    ['num_predict', -1],
    ['max_new_tokens', 1e6],
    // Another address, or a file of the service's machine: SGLang, vLLM.
    ['bootstrap_host', '10.0.0.1'],
    ['kv_transfer_params', { remote_host: '10.0.0.1' }],
    ['lora_path', '/etc'],
  ])('refuses %s: %j', async (name, value) => {
    expect((await post(bodyOf({ [name]: value }))).status).toBe(400)
    expect(service.received).toHaveLength(0)
  })

  it.each([
    ['max_tokens', 5],
    ['max_completion_tokens', 5],
    // A name of another operation, which the service would not look at.
    ['max_output_tokens', 5],
  ])(
    'bounds the answer by the name that the service knows, whatever name is sent: %s',
    async (name, value) => {
      expect((await post(bodyOf({ [name]: value }))).status).toBe(200)
      expect(sent()[0]).toEqual({
        model: 'fake-small',
        messages: [{ role: 'user', content: 'x' }],
        max_tokens: 5,
      })
    },
  )

  it('asks for the counts of a stream, whatever stands in the place of a yes', async () => {
    for (const include_usage of ['false', {}, 1, null])
      await post(bodyOf({ stream: true, stream_options: { include_usage } }))
    expect(sent().map(({ stream_options }) => stream_options)).toEqual(Array(4).fill({ include_usage: true }))
  })

  it.each([
    ['256 characters', 'k'.repeat(256)],
    ['5,000 characters', 'k'.repeat(5000)],
    ['a space', 'a b'],
    ['no ASCII', 'schlüssel'],
    ['nothing', ''],
  ])('refuses an idempotency-key of %s', async (_, key) => {
    expect((await post(bodyOf({ stream: true }), [['idempotency-key', key]])).status).toBe(400)
    expect(service.received).toHaveLength(0)
  })

  it('refuses a key that was sent twice, and takes one of 255 characters', async () => {
    const twice = [
      ['idempotency-key', 'a'],
      ['idempotency-key', 'b'],
    ] as const
    expect((await post(bodyOf({ stream: true }), twice)).status).toBe(400)
    const long = [['idempotency-key', '%:'.repeat(127)]] as const
    expect((await post(bodyOf({ stream: true }), long)).headers).toContain('x-relay-resumable: 1')
  })

  it('keeps apart whose names and keys would read the same', async () => {
    const [one, other] = [newUser(), newUser()]
    await post(bodyOf({ stream: true }), [['idempotency-key', 'b:c']], one)
    for (const [user, key] of [
      [`${one}:b`, 'c'],
      [`${one}%3Ab`, 'c'],
      [one, 'b%3Ac'],
      [other, `${one}:b:c`],
      [other, `../${one}/b:c`],
      [`${one}:`, 'b:c'],
      [one.toUpperCase(), 'b:c'],
    ] as const) {
      const answer = await send('GET', CHAT, '', [['idempotency-key', key]], user)
      expect([user, key, answer.status]).toEqual([user, key, 410])
    }
    expect((await send('GET', CHAT, '', [['idempotency-key', 'b:c']], one)).text).toContain('x-29')
  })

  it('has one key for one request: not for another path', async () => {
    const user = newUser()
    const key = [['idempotency-key', 'p']] as const
    await post(bodyOf({ stream: true }), key, user)
    expect((await send('POST', '/v1/responses', bodyOf({ stream: true }), key, user)).status).toBe(422)
  })

  it.each(['-1', '99999999999999999999', 'NaN', '1e3', '0x10', '1.5', '5, 6', '1;2', '١'])(
    'refuses a last-event-id of %s',
    async id => {
      const headers = [
        ['idempotency-key', 'k'],
        ['last-event-id', id],
      ] as const
      expect((await send('GET', CHAT, '', headers)).status).toBe(400)
    },
  )

  it('has nothing after an event that was never sent', async () => {
    const user = newUser()
    await post(bodyOf({ stream: true }), [['idempotency-key', 'k']], user)
    const headers = [
      ['idempotency-key', 'k'],
      ['last-event-id', '999999999'],
    ] as const
    const { status, text } = await send('GET', CHAT, '', headers, user)
    expect([status, text]).toEqual([204, ''])
  })

  it("stops nobody else's stream", async () => {
    const [user, other] = [newUser(), newUser()]
    const key = [['idempotency-key', 'mine']] as const
    const reading = post(bodyOf({ stream: true }), key, user)
    await until(() => service.received.length === 1)
    for (const forged of ['mine', `${user}:mine`, `${user}%3Amine`])
      await send('DELETE', CHAT, '', [['idempotency-key', forged]], other)
    expect((await send('DELETE', CHAT, '', [...key, ['authorization', 'none']])).status).toBe(401)
    expect((await reading).text).toContain('x-29')
    expect(service.received[0]!.isAborted).toBe(false)
  })

  it.each([
    'null',
    'https://app.test.evil.test',
    'https://app.test:8443',
    'https://APP.test.',
    'http://app.test',
    'https://app.test, https://evil.test',
    'https://app.test/',
    'https://app.test@evil.test',
    '*',
  ])('answers no page of the origin %s', async origin => {
    for (const method of ['OPTIONS', 'POST', 'GET', 'DELETE']) {
      const answer = await send(method, CHAT, method === 'POST' ? bodyOf() : '', [['origin', origin]])
      expect([method, answer.status]).toEqual([method, 403])
      expect(answer.headers).not.toContain('access-control-allow-origin')
    }
    expect(service.received).toHaveLength(0)
  })

  it.each(['x-a, <script>', 'x"y', '*', 'a'.repeat(3000), 'x-a;\u00e9', '../x'])(
    'allows no header that is none in a preflight: %s',
    async asked => {
      const { status, headers, text } = await send('OPTIONS', CHAT, '', [
        ['origin', 'https://app.test'],
        ['access-control-request-method', 'TRACE'],
        ['access-control-request-headers', asked],
      ])
      expect(status).toBe(204)
      expect(text).toBe('')
      expect(headers).toContain('access-control-allow-methods: get, post, delete')
      if (/[^\w\-, ]/.test(asked)) expect(headers).toMatch(/access-control-allow-headers: ?(\r|$)/m)
    },
  )

  it('tells no key that the service repeats', async () => {
    const { status, headers, text } = await post(bodyOf({ messages: [{ role: 'user', content: 'echo' }] }))
    expect(status).toBe(400)
    expect(text).toContain('Bad header')
    for (const secret of [KEY, SECRET, encodeURIComponent(KEY), KEY.slice(3)])
      expect(headers + text).not.toContain(secret)
  })

  it('lets no more through than the quota has, however many ask at once', async () => {
    const user = newUser()
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(bodyOf(), [], user)))
    const passed = answers.filter(({ status }) => status === 200).length
    expect(answers.every(({ status }) => status === 200 || status === 429)).toBe(true)
    // An answer takes 400 of the 1,000: the third may begin while the first two are reserved, none after they are settled.
    expect(passed).toBeGreaterThan(0)
    expect(passed * (100 + bodyOf().length / 3)).toBeLessThanOrEqual(1000)
    expect(service.received).toHaveLength(passed)
    expect((await post(bodyOf(), [], user)).status).toBe(429)
  })

  it('reads no body that is packed, or is no UTF-8', async () => {
    const packed = gzipSync(Buffer.from(bodyOf()))
    const head = (length: number) =>
      requestOf('POST', CHAT, [
        ['authorization', `Bearer user-${newUser()}`],
        ['content-encoding', 'gzip'],
        ['content-length', `${length}`],
      ])
    expect((await sendRaw(url, head(packed.length), packed)).status).toBe(400)
    const bomb = gzipSync(Buffer.alloc(50_000_000, 32))
    expect((await sendRaw(url, head(bomb.length), bomb)).status).toBe(413)
    const utf16 = Buffer.from(bodyOf(), 'utf16le')
    expect((await sendRaw(url, head(utf16.length), utf16)).status).toBe(400)
    expect(service.received).toHaveLength(0)
  })

  it('takes no more of a body than its limit, with a length or without', async () => {
    const head = (framing: readonly [string, string]) =>
      requestOf('POST', CHAT, [['authorization', `Bearer user-${newUser()}`], framing])
    const piece = 'x'.repeat(1000)
    const chunks = Array.from({ length: 50 }, () => `3e8\r\n${piece}\r\n`).join('')
    expect((await sendRaw(url, head(['transfer-encoding', 'chunked']), `${chunks}0\r\n\r\n`)).status).toBe(
      413,
    )
    expect((await sendRaw(url, head(['content-length', '50000']), piece.repeat(50))).status).toBe(413)
    expect(service.received).toHaveLength(0)
  })

  it('smuggles no second request in', async () => {
    const inner = requestOf('POST', CHAT, [['authorization', 'Bearer user-victim']], bodyOf())
    const { text } = await sendRaw(
      url,
      requestOf('POST', CHAT, [
        ['authorization', `Bearer user-${newUser()}`],
        ['content-length', '4'],
        ['transfer-encoding', 'chunked'],
      ]),
      `0\r\n\r\n${inner}`,
    )
    expect(service.received).toHaveLength(0)
    expect(text).not.toContain('"usage"')
  })

  it('holds nothing for bodies that come slowly', async () => {
    const user = newUser()
    const head = requestOf('POST', CHAT, [
      ['authorization', `Bearer user-${user}`],
      ['content-length', '200'],
    ])
    const { hostname, port } = new URL(url)
    const { connect } = await import('node:net')
    const slow = Array.from({ length: 40 }, () => {
      const socket = connect(Number(port), hostname).on('error', () => {})
      socket.write(`${head}{"model":"fake-small"`)
      return socket
    })
    expect((await post(bodyOf(), [], user)).status).toBe(200)
    for (const socket of slow) socket.resetAndDestroy()
    expect((await post(bodyOf(), [], newUser())).status).toBe(200)
    expect(service.received).toHaveLength(2)
    expect(errors).toEqual([])
  })

  it.each(['HEAD', 'TRACE', 'PUT', 'PATCH', 'CONNECT', 'PROPFIND', 'OPTIONS'])(
    'does nothing for %s',
    async method => {
      const { status, text } = await send(method, CHAT)
      expect(status).not.toBe(200)
      expect(text).not.toMatch(/authorization|mallory/)
      expect(service.received).toHaveLength(0)
      expect((await post(bodyOf())).status).toBe(200)
    },
  )
})
