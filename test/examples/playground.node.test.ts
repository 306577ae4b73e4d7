import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Fault } from '../../src/testing/index.ts'
import { type FakeServer, startFakeServer } from '../../src/testing/server.ts'
import { requireBuild, root } from '../package/built.ts'
import {
  type Bindings,
  type Received,
  type Running,
  send,
  servePlayground,
  withPlayground,
} from './playground.ts'

const KEY = 'sk-of-the-playground-0123456789'
const MODELS = ['small', 'large']

/** The service behind the playground, and what goes wrong there. */
let service: FakeServer
let fault: Fault | undefined
let bindings: Bindings
let playground: Running

beforeAll(async () => {
  requireBuild()
  service = await startFakeServer({
    apiKey: KEY,
    models: [...MODELS, 'dear'],
    reply: () => 'one two three',
    faults: () => fault,
  })
  bindings = { LLM_BASE_URL: service.baseUrl, LLM_API_KEY: KEY, LLM_MODELS: MODELS.join(', ') }
  playground = await servePlayground(bindings)
})
afterEach(() => {
  fault = undefined
  service.reset()
})
afterAll(async () => {
  await playground?.close()
  await service?.close()
})

type Asked = { readonly [key: string]: unknown }

const conversation = { model: 'small', messages: [{ role: 'user', content: 'Hi' }] }

/** Sends a conversation as the page does: a POST of JSON with the origin of the page. */
function post(
  url: string,
  asked: unknown,
  headers: { readonly [name: string]: string } = {},
): Promise<Received> {
  const body = typeof asked === 'string' ? asked : JSON.stringify(asked)
  return send(`${url}/api/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url, ...headers },
    body,
  })
}
const ask = (asked: Asked = {}, headers = {}) => post(playground.url, { ...conversation, ...asked }, headers)
/** The body that reached the service last. */
const sent = () => service.requests.at(-1)!.body as Asked
const errorOf = ({ text }: Received) =>
  JSON.parse(text).error as { message: string; type: string; code?: string }

describe('the Worker of the playground', () => {
  it('relays the stream with its own key', async () => {
    const { status, text } = await ask()
    expect([status, text.endsWith('data: [DONE]\n\n')]).toEqual([200, true])
    expect(service.requests[0]!.headers.authorization).toBe(`Bearer ${KEY}`)
    expect(sent()).toMatchObject({ stream: true, model: 'small' })
  })

  it.each(['/package.json', '/page/../../worker.mjs', '/page/%2e%2e%2fworker.mjs', '/llmfetch//etc/passwd'])(
    'serves no other files: %s',
    async path => {
      expect((await send(playground.url + path)).status).toBe(404)
    },
  )

  it('runs no script but those it serves', async () => {
    const { headers } = await send(playground.url)
    const csp = headers['content-security-policy']
    expect(csp).toMatch(/default-src 'none'; script-src 'self' 'nonce-[\w-]{36}';/)
    expect(csp).not.toMatch(/unsafe|\*|https?:/)
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
    })
  })

  it('tries nothing again: that is left to the page, where it shows', async () => {
    fault = { status: 503, headers: { 'retry-after': '0' } }
    expect((await ask()).status).toBe(503)
    expect(service.requests).toHaveLength(1)
  })
})

describe('who may spend the key of the playground', () => {
  const port = () => new URL(playground.url).port

  it.each([
    'evil.example',
    'evil.example:PORT',
    'localhost.evil.example:PORT',
    '127.0.0.1.evil.example',
    'evil.example@localhost',
    '127.0.0.2',
    '[::2]:PORT',
    'localhost.',
    'xlocalhost',
  ])('nobody under another name, to which DNS may have been bound anew: %s', async name => {
    const host = name.replace('PORT', port())
    for (const path of ['/', '/page/app.js', '/api/models'])
      expect((await send(playground.url + path, { headers: { host } })).status, path).toBe(403)
    const { status } = await ask({}, { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' })
    expect(status).toBe(403)
    // A header by which a local workerd is told another URL, and which a page may set.
    const pretended = { host, 'mf-original-url': playground.url, 'x-forwarded-proto': 'http' }
    expect((await send(`${playground.url}/api/models`, { headers: pretended })).status).toBe(403)
    expect(service.requests).toHaveLength(0)
  })

  it('a page under any name of this machine', async () => {
    for (const name of ['localhost', 'LOCALHOST', '127.0.0.1', '[::1]']) {
      const host = `${name}:${port()}`
      const { status } = await ask({}, { host, origin: `http://${host.toLowerCase()}` })
      expect([name, status]).toEqual([name, 200])
    }
  })

  it('a page under a name that the operator has added', async () => {
    const host = 'Playground.example'
    await withPlayground({ ...bindings, PLAYGROUND_HOST: `other.example, ${host}` }, async url => {
      const asked = { host, origin: `https://${host.toLowerCase()}` }
      expect((await post(url, conversation, asked)).status).toBe(200)
      expect((await post(url, conversation, { ...asked, host: 'evil.example' })).status).toBe(403)
    })
  })

  it('no page of another site', async () => {
    const origins = ['https://evil.example', 'null', 'http://localhost:1', `http://127.0.0.1:${port()}0`, '']
    for (const origin of origins) expect((await ask({}, { origin })).status, origin).toBe(403)
    const headers = { origin: 'https://evil.example' }
    expect((await send(`${playground.url}/api/models`, { headers })).status).toBe(403)
    expect(service.requests).toHaveLength(0)
  })

  it('no page that its browser says is of another site', async () => {
    for (const site of ['cross-site', 'same-site', 'none']) {
      const headers = { 'sec-fetch-site': site }
      expect((await ask({}, headers)).status, site).toBe(403)
      expect((await send(`${playground.url}/api/models`, { headers })).status, site).toBe(403)
    }
    expect((await ask({}, { 'sec-fetch-site': 'same-origin' })).status).toBe(200)
    expect(service.requests).toHaveLength(1)
  })

  it('no program that names no page', async () => {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify(conversation)
    const { status } = await send(`${playground.url}/api/chat/completions`, { method: 'POST', headers, body })
    expect([status, service.requests.length]).toEqual([403, 0])
  })

  it('no form, whose text a browser sends without asking first', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'text/plain; application/json',
      '',
    ])
      expect((await ask({}, { 'content-type': type })).status, type).toBe(415)
    expect((await ask({}, { 'content-type': 'application/json; charset=utf-8' })).status).toBe(200)
    expect(service.requests).toHaveLength(1)
  })

  it('no other method', async () => {
    const answer = await send(`${playground.url}/api/chat/completions`)
    expect([answer.status, answer.headers.allow]).toEqual([405, 'POST'])
    const headers = { origin: playground.url }
    expect((await send(`${playground.url}/api/models`, { method: 'POST', headers })).status).toBe(405)
  })
})

describe('what it may be spent on', () => {
  it('the models of the list: another name is answered by the first of them', async () => {
    await ask({ model: 'large' })
    expect(sent().model).toBe('large')
    for (const model of ['dear', undefined, 7, { id: 'dear' }, 'constructor']) {
      await ask({ model })
      expect(sent().model).toBe('small')
    }
  })

  it('what a page needs, and no more of it', async () => {
    const tools = [
      { type: 'function', function: { name: 'roll', parameters: { type: 'object', properties: {} } } },
    ]
    const wanted = { tools, tool_choice: 'none', temperature: 0.5, stream_options: { include_usage: true } }
    await ask({ ...wanted, n: 128, logprobs: true, best_of: 20, user: 'somebody', service_tier: 'priority' })
    expect(sent()).toEqual({ ...conversation, ...wanted, stream: true, max_tokens: 4096 })
  })

  it('as many tokens as are allowed', async () => {
    for (const [asked, given] of [
      [100, 100],
      [1e9, 4096],
      [-1, 4096],
      ['5', 4096],
      [1.5, 4096],
    ]) {
      await ask({ max_tokens: asked })
      expect(sent().max_tokens).toBe(given)
    }
    await ask({ max_completion_tokens: 1e9 })
    expect(sent()).toMatchObject({ max_tokens: 4096 })
    expect(sent()).not.toHaveProperty('max_completion_tokens')
    await withPlayground({ ...bindings, LLM_MAX_TOKENS: '50' }, async url => {
      await post(url, { ...conversation, max_tokens: 60 })
      expect(sent().max_tokens).toBe(50)
    })
  })

  it("OpenAI's limit has the name that its newer models take", async () => {
    const { requestOf } = await import('../../examples/playground/request.mjs' as string)
    const settings = { baseUrl: 'https://api.openai.com/v1', models: ['gpt'], maxTokens: 10 }
    expect(requestOf({ max_tokens: 20 }, settings)).toMatchObject({ model: 'gpt', max_completion_tokens: 10 })
    expect(requestOf({ max_tokens: 20 }, settings)).not.toHaveProperty('max_tokens')
  })

  it('a body of 256 KiB, counted as it arrives', async () => {
    const body = JSON.stringify(conversation)
    expect((await post(playground.url, body.padEnd(262_144))).status).toBe(200)
    expect((await post(playground.url, body.padEnd(262_145))).status).toBe(413)
    const headers = { 'content-type': 'application/json', origin: playground.url }
    const pieces = [body, ...Array.from({ length: 8 }, () => ' '.repeat(40_000))]
    const streamed = { method: 'POST', headers, body: pieces }
    expect((await send(`${playground.url}/api/chat/completions`, streamed)).status).toBe(413)
    expect(service.requests).toHaveLength(1)
  })

  it('no body that is no conversation', async () => {
    for (const body of ['Hi', '', '{"messages":', '{}', 'null', '[]', '7', '{"messages":"Hi"}'])
      expect((await post(playground.url, body)).status, body).toBe(400)
    expect(service.requests).toHaveLength(0)
  })

  it('nothing, where no list says which models', async () => {
    const { LLM_MODELS: _, ...listless } = bindings
    await withPlayground(listless, async url => {
      for (const answer of [await post(url, conversation), await send(`${url}/api/models`)])
        expect([answer.status, answer.text]).toEqual([500, expect.stringContaining('LLM_MODELS')])
    })
    expect(service.requests).toHaveLength(0)
  })

  it('whatever a service without a key offers', async () => {
    await using open = await startFakeServer({ models: ['llama', 'phi'] })
    await withPlayground({ LLM_BASE_URL: open.baseUrl }, async url => {
      const { data } = JSON.parse((await send(`${url}/api/models`)).text)
      expect(data.map(({ id }: { id: string }) => id)).toEqual(['llama', 'phi'])
      expect((await post(url, { ...conversation, model: 'phi' })).status).toBe(200)
      expect(open.requests.at(-1)!.body).toMatchObject({ model: 'phi' })
    })
  })

  it('offers the page its list, its bound, and no fault of a real service', async () => {
    await withPlayground({ ...bindings, LLM_MODEL: 'large', LLM_MAX_TOKENS: '50' }, async url => {
      const { data, playground } = JSON.parse((await send(`${url}/api/models`)).text)
      expect(data.map(({ id }: { id: string }) => id)).toEqual(['large', 'small'])
      expect(playground).toEqual({ max_tokens: 50, faults: [] })
    })
    await ask(
      {},
      { 'x-playground-fault': 'cut', 'x-playground-attempt': '1', 'x-fake-fault': '{"status":500}' },
    )
    expect(service.requests[0]!.headers).not.toHaveProperty('x-fake-fault')
  })
})

describe('what the page is told of errors', () => {
  const words = `Incorrect key ${KEY}, asked http://gateway.internal.corp:8080/v1 and 10.0.0.7:9000`
  const body = { error: { message: words, type: 'some_error', code: 'some_code', param: 'model' } }
  const internal = /sk-|internal|10\.0|corp|8080/

  it.each([
    [
      'an address to be redirected to',
      { status: 307, headers: { location: 'http://internal.corp:8080/x' } },
      502,
      'ProtocolError',
    ],
    ["a proxy's page", { garbage: 'html' }, 502, 'ProtocolError'],
    ['a refused key', { status: 401, body }, 401, 'some_error'],
    ['a missing permission', { status: 403, body }, 403, 'some_error'],
    ['a wrong path', { status: 404, body }, 404, 'some_error'],
    ['a failing service', { status: 500, body }, 500, 'some_error'],
    ['a gateway in words', { status: 502, body: words }, 502, 'ServerError'],
    ['a broken connection', { reset: 'headers' }, 502, 'ConnectionError'],
  ] as const)('not the words of the service or of its surroundings: %s', async (_, trouble, status, type) => {
    fault = trouble
    const answer = await ask()
    expect([answer.status, errorOf(answer).type]).toEqual([status, type])
    expect(answer.text).not.toMatch(internal)
    expect(errorOf(answer).message).toMatch(/^The service /)
  })

  it('nor those inside a stream', async () => {
    fault = { garbage: JSON.stringify(body) }
    const { text } = await ask()
    expect(text).toMatch(/"error":\{"message":"The service [^"]+"/)
    expect(text).not.toMatch(internal)
    expect(text).not.toContain('[DONE]')
    fault = { garbage: '{"choices": broken at http://internal.corp:8080' }
    const broken = (await ask()).text
    expect(broken).toContain('"type":"ProtocolError"')
    expect(broken).not.toMatch(internal)
  })

  it('the words about its own request, without addresses in them', async () => {
    fault = {
      status: 400,
      body: {
        error: { ...body.error, message: 'temperature: see http://internal.corp:8080/docs or 10.0.0.7' },
      },
    }
    const answer = await ask()
    expect(errorOf(answer)).toMatchObject({
      code: 'some_code',
      message: 'temperature: see [address] or [address]',
    })
    expect(answer.headers['x-should-retry']).toBe('false')
  })

  it('the words of a rate limit, with the wait that is asked for', async () => {
    fault = { status: 429, headers: { 'retry-after': '90' } }
    const answer = await ask()
    expect([answer.status, answer.headers['retry-after-ms']]).toEqual([429, '90000'])
    expect(errorOf(answer)).toMatchObject({
      code: 'rate_limit_exceeded',
      message: 'Rate limit reached for requests.',
    })
  })

  it('not where nobody listens', async () => {
    await withPlayground({ ...bindings, LLM_BASE_URL: 'http://127.0.0.1:9/v1' }, async url => {
      const answer = await post(url, conversation)
      expect([answer.status, errorOf(answer).type]).toEqual([502, 'ConnectionError'])
      expect(answer.text).not.toMatch(/127\.0|:9|ECONN/)
    })
  })

  it('not what is wrong with the settings', async () => {
    await withPlayground({ ...bindings, LLM_BASE_URL: 'http://gateway.internal.corp/v1' }, async url => {
      const answer = await post(url, conversation)
      expect([answer.status, errorOf(answer).type]).toEqual([500, 'ConfigurationError'])
      expect(answer.text).not.toMatch(internal)
    })
  })

  it('no stack of a mistake in the Worker', async () => {
    await withPlayground({ ...bindings, LLM_FAULTS: 'not JSON' }, async url => {
      const answer = await post(url, conversation)
      expect(answer.status).toBe(500)
      expect(answer.text).not.toMatch(/SyntaxError|\bat /)
    })
  })
})

describe('npm run playground', () => {
  /** Starts it as the script does. */
  function start(environment: Bindings = {}) {
    const { LLM_BASE_URL, LLM_API_KEY, LLM_MODEL, LLM_MODELS, ...env } = process.env
    const child = spawn(process.execPath, ['examples/playground/start.mjs'], {
      cwd: root,
      env: { ...env, PORT: '0', ...environment },
    })
    const output = { text: '' }
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output.text += text
      })
    return { child, output, exit: once(child, 'exit') }
  }

  /** Waits until it says where it is. */
  async function serve(environment?: Bindings) {
    const { child, output, exit } = start(environment)
    await vi.waitFor(() => expect(output.text).toContain('Behind it'), { timeout: 20_000 })
    const url = /http:\/\/[\d.:]+/.exec(output.text)![0]
    /** Ctrl-C, after which nobody listens there. */
    const stop = async () => {
      child.kill('SIGINT')
      await exit
      await vi.waitFor(() => expect(fetch(url)).rejects.toThrow())
    }
    return { url, output: output.text, stop }
  }

  it('serves the page with a fake model behind it, until it is stopped', async () => {
    const { url, output, stop } = await serve()
    const [page, list] = await Promise.all([fetch(url), fetch(`${url}/api/models`)])
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('llmfetch playground')])
    const { data, playground } = (await list.json()) as { data: object[]; playground: { faults: object[] } }
    expect([data.length, playground.faults.length > 5]).toEqual([3, true])
    expect(output).toContain('a fake model')
    await stop()
  })

  it('asks the service that the environment names, for the models that it names', async () => {
    const { url, output, stop } = await serve({ ...bindings, LLM_MODELS: undefined, LLM_MODEL: 'large' })
    expect(await (await fetch(`${url}/api/models`)).text()).toContain(
      '"data":[{"id":"large","object":"model"}]',
    )
    expect((await post(url, conversation)).status).toBe(200)
    expect(sent().model).toBe('large')
    expect(output).toContain(bindings.LLM_BASE_URL)
    expect(output).not.toContain(KEY)
    await stop()
  })

  it('does not begin with a key that no list of models holds', async () => {
    const { output, exit } = start({ ...bindings, LLM_MODELS: '' })
    expect((await exit)[0]).toBe(1)
    expect(output.text).toContain('LLM_API_KEY needs LLM_MODEL or LLM_MODELS')
    expect(output.text).not.toContain(KEY)
  })
})
