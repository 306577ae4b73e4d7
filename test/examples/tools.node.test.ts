// The examples that their user runs with a tool: a bundler, a test runner.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type FakeServer, startFakeServer } from '../../src/testing/server.ts'
import { requireBuild, root } from '../package/built.ts'
import { hasChromium } from '../support/chromium.ts'
import { launchChromium, openPage } from './page.ts'
import { installExample, run, serve } from './run-example.ts'

const KEY = 'sk-of-the-example'
const cleanups: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
})

async function install(name: string): Promise<string> {
  requireBuild()
  const { folder, remove } = await installExample(name)
  cleanups.push(remove)
  return folder
}

describe('examples/tests', () => {
  let folder: string
  beforeAll(async () => {
    folder = await install('tests')
  })
  const test = () => run(process.execPath, ['--test'], folder)

  it('pass', async () => {
    const { exitCode, all } = await test()
    expect(all).toMatch(/pass 7\b/)
    expect(exitCode).toBe(0)
  })

  it.each([
    ['degreesIn(city)} degrees', 'degreesIn("Rome")} degrees'],
    ['city: z.string() }),', 'town: z.string() }),'],
    ['nights: z.number()', 'nights: z.number().optional()'],
    ['IncompleteStreamError) return', 'TypeError) return'],
    ['maxRetries: 2', 'maxRetries: 1'],
    ['RateLimitError) return', 'TypeError) return'],
    ['maxSteps: 5, signal', 'maxSteps: 5'],
  ])('fail where the program has %s wrong', async (right, wrong) => {
    const file = join(folder, 'assistant.mjs')
    const program = readFileSync(file, 'utf8')
    expect(program).toContain(right)
    writeFileSync(file, program.replace(right, wrong))
    const { exitCode } = await test()
    writeFileSync(file, program)
    expect(exitCode).toBe(1)
  })
})

const vite = join(root, 'node_modules/vite/bin/vite.js')

describe('examples/vite', () => {
  let folder: string
  let service: FakeServer
  let browser: Browser
  let url: string

  beforeAll(async () => {
    folder = await install('vite')
    service = await startFakeServer({
      apiKey: KEY,
      models: ['gpt-4.1-mini'],
      chunkDelay: 5,
      reply: ({ messages }) => (messages.at(-1)!.content === 'long' ? 'word '.repeat(2000) : 'one two three'),
      faults: ({ body }) => {
        const { messages } = body as { messages: { content: string }[] }
        return messages.at(-1)!.content === 'cut' ? { cut: 3 } : undefined
      },
    })
    cleanups.push(() => service.close())
    const environment = { LLM_BASE_URL: service.baseUrl, LLM_API_KEY: KEY }
    const built = await run(process.execPath, [vite, 'build'], folder, environment)
    expect(built.exitCode, built.all).toBe(0)
    const args = [vite, 'preview', '--port=0', '--host=127.0.0.1']
    const started = await serve(process.execPath, args, folder, environment)
    cleanups.push(started.stop)
    url = started.url
    if (!hasChromium) return
    browser = await launchChromium()
    cleanups.push(() => browser.close())
  }, 90_000)
  afterEach(() => service.reset())

  it('has no type error under the strictest options', async () => {
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const checked = await run(process.execPath, [tsc, '--project', '.'], folder)
    expect(checked).toEqual({ exitCode: 0, out: '', all: '' })
  })

  it.skipIf(!hasChromium)('keeps the conversation, what was stopped and what was cut included', async () => {
    const { page, complaints, close } = await openPage(browser, url)
    const answer = (count: number) => page.locator('li').nth(2 * count + 1)
    const ask = async (question: string) => {
      await page.fill('[name=question]', question)
      await page.click('button[type=submit]')
    }
    const idle = () => page.locator('button[type=button]:disabled').waitFor()

    await ask('first')
    await vi.waitFor(async () => expect(await answer(0).textContent()).toBe('one two three'), 5000)
    await idle()
    await ask('long')
    await vi.waitFor(async () => expect(await answer(1).textContent()).toContain('word word'), 5000)
    await page.click('button[type=button]')
    await idle()
    await vi.waitFor(() => expect(service.requests[1]!.aborted).toBe(true), 5000)
    await ask('cut')
    await page.locator('[role=alert]:not(:empty)').waitFor()
    expect(await page.textContent('[role=alert]')).toBe('The answer broke off. Please ask again.')
    await idle()
    await ask('last')
    await vi.waitFor(async () => expect(await answer(3).textContent()).toBe('one two three'), 5000)

    const { body, headers } = service.requests[3]!
    const { messages } = body as { messages: { role: string; content: string }[] }
    expect(messages.map(({ role }) => role[0]).join('')).toBe('uauauau')
    expect(messages[3]!.content).toBe(await answer(1).textContent())
    expect(messages[5]!.content).toBe('one two')
    expect(headers.authorization).toBe(`Bearer ${KEY}`)
    expect(complaints).toEqual([])
    await close()
  })

  it('has no key in what it builds', () => {
    const files = readdirSync(join(folder, 'dist'), { recursive: true, withFileTypes: true })
    const texts = files
      .filter(file => file.isFile())
      .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'))
    expect(texts.join('\n')).toContain('/api')
    expect(texts.filter(text => text.includes(KEY))).toEqual([])
  })
})
