import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  type ChatCompletionRequest,
  collectText,
  createClient,
  resume,
  streamChatCompletion,
} from '../../src/index.ts'
import { type FakeServer, startFakeServer } from '../../src/testing/server.ts'
import { launchChromium, openPage } from '../examples/page.ts'
import { type Environment, findTool, installExample, run, serve } from '../examples/run-example.ts'
import { requireBuild, root } from '../package/built.ts'
import { hasChromium } from '../support/chromium.ts'
import { until } from '../support/frames.ts'
import { findRedis, type RedisServer, startRedis } from '../support/redis-server.ts'

const KEY = 'sk-of-the-example'
const WORDS = Array.from({ length: 40 }, (_, index) => `word${index}`).join(' ')

let service: FakeServer
let environment: Environment
beforeAll(async () => {
  requireBuild()
  service = await startFakeServer({ apiKey: KEY, chunkDelay: 40, reply: () => WORDS })
  environment = {
    LLM_BASE_URL: service.baseUrl,
    LLM_API_KEY: KEY,
    LLM_MODEL: 'fake-small',
    RELAY_TOKENS: '{"token-of-anna":"anna"}',
    PORT: '0',
  }
})
afterAll(() => service?.close())
afterEach(() => service.reset())

const cleanups: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const clean of cleanups.reverse()) await clean()
})

async function install(name: string): Promise<string> {
  const { folder, remove } = await installExample(name)
  cleanups.push(remove)
  symlinkSync(join(root, 'node_modules/ioredis'), join(folder, 'node_modules/ioredis'))
  return folder
}

/** What an example needs of this machine; where it is missing the tests are skipped, and say so. */
function need(what: string, found: string | undefined): string | undefined {
  if (found) return found
  if (process.env.CI === 'true') throw new Error(`There is no ${what}`)
  console.warn(`SKIPPED an example of the relay: there is no ${what}`)
  return undefined
}

describe.each(['relay-node', 'relay-deno', 'relay-bun'])('examples/%s', name => {
  let url: string | undefined
  let redis: RedisServer | undefined

  beforeAll(async () => {
    const folder = await install(name)
    const command = name === 'relay-node' ? process.execPath : need(name, findTool(name.slice(6)))
    if (!command) return
    const server = name === 'relay-deno' ? undefined : need('redis-server', findRedis())
    if (name === 'relay-node' && !server) return
    if (server) {
      redis = await startRedis(server)
      cleanups.push(redis.close)
    }
    if (name === 'relay-deno') {
      const file = join(folder, 'deno.json')
      writeFileSync(
        file,
        JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), nodeModulesDir: 'manual' }),
      )
    }
    const args = {
      'relay-node': ['server.mjs'],
      'relay-deno': ['task', 'start'],
      'relay-bun': ['run', 'server.ts'],
    }[name]!
    const started = await serve(command, args, folder, {
      ...environment,
      ...(redis && { REDIS_URL: redis.url }),
    })
    cleanups.push(started.stop)
    url = started.url
  }, 60_000)

  const headers = { authorization: 'Bearer token-of-anna', 'idempotency-key': 'a' }
  const body = JSON.stringify({
    model: 'fake-small',
    stream: true,
    messages: [{ role: 'user', content: 'Count' }],
  })

  it('answers its users, and nobody else', async context => {
    context.skip(!url)
    const client = createClient({
      baseUrl: `${url}/v1`,
      apiKey: () => 'token-of-anna',
      fetch: resume()(fetch),
    })
    const request: ChatCompletionRequest = {
      model: 'fake-small',
      messages: [{ role: 'user', content: 'Count' }],
    }
    expect(await collectText(streamChatCompletion(client, request))).toBe(WORDS)
    expect((await fetch(`${url}/v1/chat/completions`, { method: 'POST', body })).status).toBe(401)
    expect(service.requests[0]!.headers.authorization).toBe(`Bearer ${KEY}`)
  })

  it('goes on with an answer that was left, and stops it when asked to', async context => {
    context.skip(!url)
    const path = `${url}/v1/chat/completions`
    const reader = (await fetch(path, { method: 'POST', body, headers })).body!.getReader()
    await reader.read()
    await reader.cancel()
    const rest = await (await fetch(path, { headers: { ...headers, 'last-event-id': '5' } })).text()
    expect(rest).toMatch(/^id: 6\n/)
    expect(rest).toContain('[DONE]')
    expect(service.requests).toHaveLength(1)
    const other = { ...headers, 'idempotency-key': 'b' }
    const stopped = await fetch(path, { method: 'POST', body, headers: other })
    await fetch(path, { method: 'DELETE', headers: other })
    expect(await stopped.text()).toContain('"code":"stopped"')
    await until(() => service.requests[1]!.aborted, 5000)
  })
})

const wrangler = join(root, 'node_modules/wrangler/bin/wrangler.js')
const quiet: Environment = { WRANGLER_SEND_METRICS: 'false', CI: 'true' }

describe('examples/chat', () => {
  let folder: string
  let url: string
  let browser: Browser

  beforeAll(async () => {
    folder = await install('chat')
    const { LLM_BASE_URL, LLM_MODEL } = environment
    const port = 8700 + Math.floor(Math.random() * 200)
    const variables = {
      LLM_BASE_URL,
      LLM_API_KEY: KEY,
      LLM_MODEL,
      SESSION_SECRET: 'a long text',
      // One answer at its longest, and not two.
      TOKENS_PER_DAY: '1060',
      ORIGIN: `http://localhost:${port}`,
    }
    writeFileSync(
      join(folder, '.dev.vars'),
      Object.entries(variables)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    )
    const args = [
      wrangler,
      'dev',
      `--port=${port}`,
      '--inspector-port=0',
      '--show-interactive-dev-session=false',
    ]
    const started = await serve(process.execPath, args, folder, {
      ...quiet,
      WRANGLER_LOG_PATH: join(folder, '.wrangler/logs'),
    })
    cleanups.push(started.stop)
    url = `http://localhost:${port}`
    if (!hasChromium) return
    browser = await launchChromium()
    cleanups.push(() => browser.close())
  }, 90_000)

  it('deploys as it is, without a warning', async () => {
    const args = [wrangler, 'deploy', '--dry-run', '--outdir=out']
    const { exitCode, all } = await run(process.execPath, args, folder, {
      ...quiet,
      WRANGLER_LOG_PATH: join(folder, '.wrangler/logs'),
    })
    expect(all).not.toMatch(/warning/i)
    expect(all).toContain('ChatRelay')
    expect(exitCode).toBe(0)
    expect(readFileSync(join(folder, 'out/index.js'), 'utf8')).not.toContain(KEY)
  }, 60_000)

  /** A tab that gets the package as the CDN would give it. */
  async function open(context?: Page): Promise<Page> {
    const page = context ? await context.context().newPage() : (await openPage(browser, 'about:blank')).page
    await page.route('https://cdn.jsdelivr.net/**', route =>
      route.fulfill({
        body: readFileSync(join(root, 'dist/cdn/llmfetch.js'), 'utf8'),
        headers: { 'access-control-allow-origin': '*', 'content-type': 'text/javascript' },
      }),
    )
    await page.goto(url)
    return page
  }

  const logIn = async (page: Page, name: string) => {
    await page.fill('[name=name]', name)
    await page.click('#login button')
    await page.waitForSelector('#ask:not([hidden])')
  }
  const askFor = async (page: Page, question: string) => {
    await page.fill('[name=question]', question)
    await page.click('#ask button')
  }
  const answerOf = (page: Page) => page.textContent('#messages .assistant:last-child')
  const hasStarted = (page: Page) =>
    page.waitForFunction(() => document.querySelector('#messages .assistant')?.textContent?.includes('word3'))
  const hasEnded = (page: Page) =>
    page.waitForFunction(() =>
      document.querySelector('#messages .assistant')?.textContent?.endsWith('word39'),
    )

  it.skipIf(!hasChromium)(
    'goes on after a reload and in a second tab, and asks once',
    async () => {
      const page = await open()
      await logIn(page, 'anna')
      await askFor(page, 'Count')
      await hasStarted(page)
      await page.reload()
      await hasStarted(page)
      const second = await open(page)
      await Promise.all([hasEnded(page), hasEnded(second)])
      expect([await answerOf(page), await answerOf(second)]).toEqual([WORDS, WORDS])
      expect(service.requests).toHaveLength(1)
      expect(service.requests[0]!.body).toMatchObject({ user: 'anna', max_tokens: 1000 })
      await page.reload()
      await hasEnded(page)
      expect(service.requests).toHaveLength(1)
      await page.context().close()
    },
    60_000,
  )

  it.skipIf(!hasChromium)(
    'stops when asked to, and says when the tokens are used up',
    async () => {
      const page = await open()
      await logIn(page, 'bob')
      await askFor(page, 'Count')
      await hasStarted(page)
      await page.click('#stop')
      await page.waitForFunction(() => document.querySelector('#status')?.textContent === 'Stopped.')
      await until(() => service.requests[0]!.aborted, 5000)
      expect(await answerOf(page)).not.toContain('word39')
      await page.click('#clear')
      await askFor(page, 'Count again')
      await page.waitForFunction(() => document.querySelector('#status')?.textContent?.includes('used up'))
      expect(service.requests).toHaveLength(1)
      await page.context().close()
    },
    60_000,
  )

  it('refuses a forged session, and a page of another origin', async () => {
    const path = `${url}/api/v1/chat/completions`
    const body = JSON.stringify({ model: 'fake-small', messages: [] })
    const forged = { cookie: `session=anna.${'0'.repeat(64)}` }
    expect((await fetch(path, { method: 'POST', body, headers: forged })).status).toBe(401)
    expect(
      (await fetch(path, { method: 'POST', body, headers: { origin: 'https://evil.test' } })).status,
    ).toBe(403)
    expect(service.requests).toHaveLength(0)
  })
})
