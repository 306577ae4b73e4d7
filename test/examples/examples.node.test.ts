import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createClient, streamChatCompletion, textStream } from '../../src/index.ts'
import type { FakeRequest, Fault } from '../../src/testing/index.ts'
import { type FakeServer, startFakeServer } from '../../src/testing/server.ts'
import { requireBuild, root } from '../package/built.ts'
import { hasChromium } from '../support/chromium.ts'
import { launchChromium, openPage } from './page.ts'
import { type Environment, findTool, installExample, run, serve } from './run-example.ts'

const KEY = 'sk-of-the-example'

/** What goes wrong where the conversation ends with this word. */
const troubles: { readonly [word: string]: Fault } = {
  cut: { cut: 4 },
  down: { status: 503, headers: { 'retry-after-ms': '1' } },
  silent: { stall: 4 },
}

let service: FakeServer
let environment: Environment

beforeAll(async () => {
  requireBuild()
  service = await startFakeServer({
    apiKey: KEY,
    chunkDelay: 5,
    reply: ({ messages }) =>
      messages.at(-1)!.content === 'long' ? 'word '.repeat(4000) : 'one two three four five',
    faults: ({ body }) =>
      troubles[(body as { messages?: { content: string }[] })?.messages?.at(-1)?.content ?? ''],
  })
  environment = { LLM_BASE_URL: service.baseUrl, LLM_API_KEY: KEY, LLM_MODEL: 'fake-small' }
})
afterAll(() => service?.close())
afterEach(() => service.reset())

/** A runtime that an example needs. Where it is missing its tests are skipped, and say so; CI must have it. */
function requireTool(name: string): string {
  const tool = findTool(name)
  if (!tool) {
    const reason = `There is no ${name}: looked in node_modules/.bin, e2e/node_modules/.bin and the PATH`
    if (process.env.CI === 'true') throw new Error(reason)
    console.warn(`SKIPPED examples/${name}. ${reason}.`)
  }
  return tool ?? ''
}

/** True where the types of Workers are installed. Tests that need them are skipped where they are not; CI must have them. */
const hasWorkersTypes = existsSync(join(root, 'node_modules/@cloudflare/workers-types'))
if (!hasWorkersTypes) {
  const reason = 'There are no types of Workers: node_modules/@cloudflare/workers-types'
  if (process.env.CI === 'true') throw new Error(reason)
  console.warn(`SKIPPED the types of examples/worker and examples/hono. ${reason}.`)
}

const installed: (() => Promise<void>)[] = []
async function install(name: string): Promise<string> {
  const { folder, remove } = await installExample(name)
  installed.push(remove)
  return folder
}
afterAll(async () => {
  for (const remove of installed) await remove()
})

describe('every example', () => {
  it('asks for this version of the package', () => {
    const [major, minor] = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version.split('.')
    const range = major === '0' ? `^0.${minor}.0` : `^${major}.`
    const files = ['browser/index.html', 'bun/package.json', 'deno/deno.json', 'hono/package.json']
    const agents = ['agent-node/package.json', 'agent-worker/package.json', 'agent-worker/public/index.html']
    for (const file of [
      ...files,
      ...agents,
      'node/package.json',
      'tests/package.json',
      'vite/package.json',
      'worker/package.json',
    ]) {
      const text = readFileSync(join(root, 'examples', file), 'utf8')
      expect(/llmfetch(?:@|": ")(\^[\d.]+)/.exec(text)?.[1], file).toMatch(range)
    }
  })
})

interface Program {
  readonly name: string
  /** The program and its arguments, before the question. */
  readonly command: () => readonly [string, ...string[]]
  readonly prepare?: (folder: string) => void
}

const programs: readonly Program[] = [
  { name: 'node', command: () => [process.execPath, 'chat.mjs'] },
  {
    name: 'deno',
    command: () => [requireTool('deno'), 'task', '--quiet', 'chat'],
    // The package is not published yet: Deno is to take it from node_modules, at the version that the example names.
    prepare(folder) {
      const file = join(folder, 'deno.json')
      const config = JSON.parse(readFileSync(file, 'utf8'))
      writeFileSync(file, JSON.stringify({ ...config, nodeModulesDir: 'manual' }))
    },
  },
]

describe.each(programs)('examples/$name', ({ name, command, prepare }) => {
  let folder: string
  let tool: string
  let args: string[]

  beforeAll(async () => {
    ;[tool, ...args] = command()
    folder = await install(name)
    prepare?.(folder)
  })
  const ask = (question: string, variables: Environment = {}) =>
    run(tool, [...args, question], folder, { ...environment, ...variables })

  it('prints the answer', async context => {
    context.skip(!tool)
    expect(await ask('Count')).toEqual({
      exitCode: 0,
      out: 'one two three four five\n',
      all: 'one two three four five\n',
    })
    expect(service.requests[0]).toMatchObject({
      headers: { authorization: `Bearer ${KEY}` },
      body: { model: 'fake-small', stream: true, messages: [{ role: 'user', content: 'Count' }] },
    })
  })

  it('prints what had arrived, and why there is no more', async context => {
    context.skip(!tool)
    const { exitCode, out, all } = await ask('cut')
    expect(out).toMatch(/^one two( three)?$/)
    expect(all).toContain('IncompleteStreamError')
    expect(exitCode).toBe(1)
  })

  it('tries again, and then tells the error without the key', async context => {
    context.skip(!tool)
    const { exitCode, all } = await ask('down')
    expect(all).toMatch(/ServerError: POST \S+: 503 /)
    expect(service.requests).toHaveLength(3)
    const refused = await ask('Count', { LLM_API_KEY: 'sk-another-secret-key' })
    expect(refused.all).toContain('AuthenticationError')
    expect(refused.all).not.toContain('another-secret')
    expect([exitCode, refused.exitCode]).toEqual([1, 1])
  })

  it.runIf(name === 'deno')('has no type error for Deno', async context => {
    context.skip(!tool)
    expect(await run(tool, ['check', 'chat.ts'], folder)).toMatchObject({ exitCode: 0 })
  })
})

interface Relay {
  readonly name: string
  readonly path: string
  /** Starts it in its folder. */
  readonly start: (folder: string) => ReturnType<typeof serve> | undefined
}

const wrangler = join(root, 'node_modules/wrangler/bin/wrangler.js')
const quiet: Environment = { WRANGLER_SEND_METRICS: 'false', CI: 'true' }

/** `wrangler dev`, with the Worker's own configuration. Secrets are in a file, as its user would have them there. */
function startWorker(folder: string) {
  writeFileSync(
    join(folder, '.dev.vars'),
    Object.entries(environment)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  )
  const args = [wrangler, 'dev', '--port=0', '--inspector-port=0', '--show-interactive-dev-session=false']
  return serve(process.execPath, args, folder, {
    ...quiet,
    WRANGLER_LOG_PATH: join(folder, '.wrangler/logs'),
  })
}

const relays: readonly Relay[] = [
  { name: 'worker', path: '/', start: startWorker },
  { name: 'hono', path: '/v1/chat/completions', start: startWorker },
  {
    name: 'bun',
    path: '/',
    start(folder) {
      const bun = requireTool('bun')
      return bun ? serve(bun, ['run', 'server.ts'], folder, { ...environment, PORT: '0' }) : undefined
    },
  },
]

describe.each(relays)('examples/$name', ({ name, path, start }) => {
  let folder: string
  let relay: Awaited<ReturnType<typeof serve>> | undefined

  beforeAll(async () => {
    folder = await install(name)
    relay = await start(folder)
  }, 60_000)
  afterAll(() => relay?.stop())

  function ask(content: string, init: RequestInit = {}): Promise<Response> {
    const body = JSON.stringify({ messages: [{ role: 'user', content }], model: 'dear', n: 9 })
    return fetch(relay!.url + path, { method: 'POST', body, ...init })
  }

  it('relays an answer with its own key, model and limit', async context => {
    context.skip(!relay)
    const response = await ask('Count')
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const events = await response.text()
    const chunks = [...events.matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json!))
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')
    expect([text, events.endsWith('data: [DONE]\n\n')]).toEqual(['one two three four five', true])
    const [{ headers, body }] = service.requests as [FakeRequest]
    expect(headers.authorization).toBe(`Bearer ${KEY}`)
    expect(body).toMatchObject({ model: 'fake-small', max_tokens: 1000 })
    expect(body).not.toHaveProperty('n')
  })

  it('relays what has arrived, and ends the request behind it when its reader goes away', async context => {
    context.skip(!relay)
    const controller = new AbortController()
    // It takes 5 seconds. `wrangler dev` tells the Worker only when it goes on; a Worker in workerd alone knows at once.
    const { body } = await ask('long', { signal: controller.signal })
    const reader = body!.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toContain('"role":"assistant"')
    const [request] = service.requests as [FakeRequest]
    expect(request.aborted).toBe(false)
    controller.abort()
    await vi.waitFor(() => expect(request.aborted).toBe(true), { timeout: 5000 })
  })

  it('says no more than that the model cannot answer', async context => {
    context.skip(!relay)
    const response = await ask('down')
    const reason = { message: 'The model cannot answer now', type: 'ServerError' }
    expect([response.status, await response.json()]).toEqual([502, { error: reason }])
    expect(service.requests).toHaveLength(3)
  })

  it.for(['Hi', '', '{"messages":', '{}', 'null', '[]', '{"messages":"Hi"}'])(
    'answers 400 to what is no conversation: %s',
    async (body, context) => {
      context.skip(!relay)
      const response = await ask('', { body })
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error' } })
      expect(service.requests).toHaveLength(0)
    },
  )

  it('answers 400 to a conversation that the service does not take', async context => {
    context.skip(!relay)
    const response = await ask('', {
      body: JSON.stringify({ messages: [{ role: 'nobody', content: 'Hi' }] }),
    })
    const error = { message: 'The model does not take this request', type: 'invalid_request_error' }
    expect([response.status, await response.json()]).toEqual([400, { error }])
  })

  it("is a service for llmfetch's own client, without a key", async context => {
    context.skip(!relay)
    const client = createClient({ baseUrl: `${relay!.url}/v1` })
    const messages = [{ role: 'user', content: 'Count' }] as const
    let text = ''
    for await (const piece of textStream(streamChatCompletion(client, { model: 'any', messages })))
      text += piece
    expect(text).toBe('one two three four five')
  })

  it('answers nothing but POST', async context => {
    context.skip(!relay)
    const { status } = await fetch(relay!.url + path)
    expect(status).toBe(name === 'hono' ? 404 : 405)
    expect(service.requests).toHaveLength(0)
  })

  it.runIf(name !== 'bun')('has no type error under the types of Workers alone', async context => {
    context.skip(!hasWorkersTypes)
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const checked = await run(process.execPath, [tsc, '--project', '.', '--skipLibCheck', 'false'], folder)
    expect(checked).toEqual({ exitCode: 0, out: '', all: '' })
  })

  it.runIf(name !== 'bun')('deploys as it is, without a warning', async () => {
    const { exitCode, all } = await run(
      process.execPath,
      [wrangler, 'deploy', '--dry-run', '--outdir=out'],
      folder,
      { ...quiet, WRANGLER_LOG_PATH: join(folder, '.wrangler/logs') },
    )
    expect(all).not.toMatch(/warning/i)
    expect(all).toContain('env.LLM_MODEL')
    expect(exitCode).toBe(0)
    expect(readFileSync(join(folder, 'out/index.js'), 'utf8')).not.toContain(KEY)
  })

  it.runIf(name === 'worker')('stops a visitor who asks too much', async () => {
    const statuses: number[] = []
    // Twice as many as are allowed: the minute that is counted may end between two of them.
    while (statuses.length <= 40 && statuses.at(-1) !== 429) {
      const response = await ask('Count')
      await response.text()
      statuses.push(response.status)
    }
    expect(statuses[0]).toBe(200)
    expect(statuses.at(-1)).toBe(429)
  })
})

describe('examples/worker-policies.mjs', () => {
  it.each(['Hi', '', '{}', 'null', '{"messages":"Hi"}'])(
    'answers 400 to what is no conversation: %s',
    async body => {
      const { default: worker } = await import(join(root, 'examples/worker-policies.mjs'))
      const request = new Request('https://worker.test/', { method: 'POST', body })
      const response: Response = await worker.fetch(request, environment)
      expect([response.status, await response.json()]).toMatchObject([
        400,
        { error: { type: 'invalid_request_error' } },
      ])
      expect(service.requests).toHaveLength(0)
    },
  )
})

describe.skipIf(!hasChromium)('examples/browser', () => {
  it('streams into a page that was opened from the disk', { timeout: 60_000 }, async () => {
    const open = await startFakeServer({
      models: ['llama3.2'],
      reply: () => 'one two three four five',
      faults: ({ body }) => troubles[(body as { messages: { content: string }[] }).messages.at(-1)!.content],
    })
    const browser = await launchChromium()
    try {
      // The CDN is out of reach here: the page gets the file that the package has for it.
      const body = readFileSync(join(root, 'dist/cdn/llmfetch.js'), 'utf8')
      const served: string[] = []
      const file = pathToFileURL(join(root, 'examples/browser/index.html'))
      const { page, complaints } = await openPage(browser, 'about:blank')
      await page.route('https://cdn.jsdelivr.net/**', route => {
        served.push(route.request().url())
        const headers = { 'access-control-allow-origin': '*', 'content-type': 'text/javascript' }
        return route.fulfill({ body, headers })
      })
      await page.goto(file.href)
      expect(served).toEqual([expect.stringMatching(/\/npm\/llmfetch@[^/]+\/dist\/cdn\/llmfetch\.js$/)])

      await page.fill('[name=baseUrl]', open.baseUrl)
      await page.click('button')
      await page.waitForFunction(() => document.querySelector('#answer')!.textContent!.endsWith('five'))
      expect(open.requests[0]!.headers).not.toHaveProperty('authorization')

      await page.fill('[name=question]', 'silent')
      await page.click('button')
      await page.waitForFunction(() => document.querySelector('#answer')!.textContent!.startsWith('one two'))
      await page.fill('[name=question]', 'cut')
      await page.click('button')
      await vi.waitFor(() => expect(open.requests[1]!.aborted).toBe(true), { timeout: 5000 })
      await page.waitForFunction(() => document.querySelector('#error')!.textContent)
      expect(await page.textContent('#error')).toMatch(/^IncompleteStreamError: /)
      expect(await page.textContent('#answer')).toMatch(/^one two/)
      expect(complaints).toEqual([])
    } finally {
      await browser.close()
      await open.close()
    }
  })
})
