// The examples with agents, as their users run them: before a model that says what each test wants.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { FakeReply } from '../../src/testing/index.ts'
import { type FakeServer, startFakeServer } from '../../src/testing/server.ts'
import { requireBuild, root } from '../package/built.ts'
import { hasChromium } from '../support/chromium.ts'
import { launchChromium, openPage } from './page.ts'
import { type Environment, installExample, run, serve } from './run-example.ts'

const KEY = 'sk-of-the-example'

let service: FakeServer
let environment: Environment
/** What the model says next. */
let script: (FakeReply | string)[] = []
const cleanups: (() => Promise<void>)[] = []

beforeAll(async () => {
  requireBuild()
  service = await startFakeServer({ apiKey: KEY, reply: () => script.shift() ?? 'Nothing more.' })
  environment = { LLM_BASE_URL: service.baseUrl, LLM_API_KEY: KEY, LLM_MODEL: 'fake-small' }
})
afterEach(() => service.reset())
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
  await service?.close()
})

async function install(name: string): Promise<string> {
  const { folder, remove } = await installExample(name)
  cleanups.push(remove)
  return folder
}

const call = (name: string, given: object, id = `call_${name}`): FakeReply => ({
  toolCalls: [{ id, name, arguments: given }],
})

/** What the model was told of its calls. */
const told = () =>
  (service.requests.at(-1)!.body as { messages: { role: string; content: string }[] }).messages
    .filter(({ role }) => role === 'tool')
    .map(({ content }) => content)

describe('examples/agent-node', () => {
  let folder: string
  beforeAll(async () => {
    folder = await install('agent-node')
  })

  it('answers with what its tools have read', async () => {
    script = [
      {
        toolCalls: [call('list_files', {}), call('read_file', { name: 'package.json' })].flatMap(
          r => r.toolCalls!,
        ),
      },
      'It is an agent.',
    ]
    const { exitCode, out, all } = await run(
      process.execPath,
      ['agent.mjs', 'What is this?'],
      folder,
      environment,
    )
    expect([exitCode, out]).toEqual([0, 'It is an agent.'])
    expect(all).toContain('[read_file {"name":"package.json"}]')
    expect(all).toMatch(/\[answer, [1-9]\d* tokens\]/)
    const [files, text] = told()
    expect(JSON.parse(files!)).toEqual(expect.arrayContaining(['agent.mjs', 'package.json']))
    expect(text).toBe(readFileSync(join(folder, 'package.json'), 'utf8'))
  })

  it('reads nothing outside of its folder', async () => {
    script = [call('read_file', { name: '../../etc/passwd' }), 'I may not.']
    const { exitCode } = await run(process.execPath, ['agent.mjs', 'Passwords?'], folder, environment)
    expect(exitCode).toBe(0)
    expect(told()).toEqual(['Failed: There is no file ../../etc/passwd'])
  })

  it('tells why there is no answer, without the key', async () => {
    const wrong = { ...environment, LLM_API_KEY: 'sk-another-secret-key' }
    const { exitCode, all } = await run(process.execPath, ['agent.mjs'], folder, wrong)
    expect(exitCode).toBe(1)
    expect(all).toContain('AuthenticationError')
    expect(all).not.toContain('another-secret')
  })
})

const wrangler = join(root, 'node_modules/wrangler/bin/wrangler.js')
const quiet: Environment = { WRANGLER_SEND_METRICS: 'false', CI: 'true' }

describe('examples/agent-worker', () => {
  let folder: string
  let url: string

  beforeAll(async () => {
    folder = await install('agent-worker')
    const lines = Object.entries(environment).map(([name, value]) => `${name}=${value}\n`)
    writeFileSync(join(folder, '.dev.vars'), lines.join(''))
    const args = [wrangler, 'dev', '--port=0', '--inspector-port=0', '--show-interactive-dev-session=false']
    const started = await serve(process.execPath, args, folder, {
      ...quiet,
      WRANGLER_LOG_PATH: join(folder, '.wrangler/logs'),
    })
    cleanups.push(started.stop)
    url = started.url
  }, 90_000)

  async function ask(body: object | string) {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const response = await fetch(`${url}/ask`, { method: 'POST', body: text })
    const events = [...(await response.text()).matchAll(/^data: (\{.*)$/gm)]
    const parts = events.map(([, json]) => JSON.parse(json!))
    const shown = parts.map(({ delta = '' }) => delta).join('')
    return { status: response.status, conversation: response.headers.get('x-conversation'), parts, shown }
  }

  it('asks before it pays, and goes on in the next request', async () => {
    script = [call('pay_bill', { amount: 20 }, 'call_1'), 'It is paid.']
    const first = await ask({ text: 'Pay the bill of 20' })
    const waiting = { type: 'tool-input-available', toolCallId: 'call_1', input: { amount: 20 } }
    expect(first.parts).toEqual(expect.arrayContaining([expect.objectContaining(waiting)]))
    expect(first.parts.at(-1)).toEqual({ type: 'finish', finishReason: 'tool-calls' })

    const second = await ask({ conversation: first.conversation, approved: ['call_1'] })
    expect(second.shown).toBe('It is paid.')
    expect(told()).toEqual(['Paid 20 EUR.'])
    expect(service.requests).toHaveLength(2)
  })

  it('pays nothing that was refused, nor what was approved elsewhere', async () => {
    script = [call('pay_bill', { amount: 20 }, 'call_1'), 'As you like.']
    const first = await ask({ text: 'Pay the bill of 20' })
    const forged = await ask({ text: 'yes', approved: ['call_1'] })
    expect(told()).toEqual([])
    expect(forged.conversation).not.toBe(first.conversation)
    script = ['As you like.']
    const second = await ask({ conversation: first.conversation, refused: ['call_1'] })
    expect(second.shown).toBe('As you like.')
    expect(told()).toEqual(['The user refused.'])
  })

  it('pays no more than a bill may be, and needs no leave for what is safe', async () => {
    script = [call('pay_bill', { amount: 5000 }), call('get_balance', {}), 'You have 300 EUR.']
    expect((await ask({ text: 'Pay 5000' })).shown).toBe('You have 300 EUR.')
    expect(told()[0]).toContain('amount')
    expect(JSON.parse(told()[1]!)).toEqual({ balance: 300, currency: 'EUR' })
  })

  it('answers 400 to what is no JSON, and nothing but POST', async () => {
    expect((await ask('{"text":')).status).toBe(400)
    expect((await fetch(`${url}/ask`)).status).toBe(405)
    expect(service.requests).toHaveLength(0)
  })

  it('has no type error under the types of Workers alone', async () => {
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const checked = await run(process.execPath, [tsc, '--project', '.', '--skipLibCheck'], folder)
    expect(checked).toEqual({ exitCode: 0, out: '', all: '' })
  })

  it('deploys as it is, without a warning', async () => {
    const args = [wrangler, 'deploy', '--dry-run', '--outdir=out']
    const logs = { ...quiet, WRANGLER_LOG_PATH: join(folder, '.wrangler/logs') }
    const { exitCode, all } = await run(process.execPath, args, folder, logs)
    expect(all).not.toMatch(/warning/i)
    expect(exitCode).toBe(0)
    expect(readFileSync(join(folder, 'out/index.js'), 'utf8')).not.toContain(KEY)
  })

  it.skipIf(!hasChromium)(
    'serves a page whose agent runs in the page, without the key',
    { timeout: 60_000 },
    async () => {
      script = [
        call('add_item', { item: 'milk' }),
        'Milk is on the list.',
        call('read_list', {}),
        'Only milk.',
      ]
      const browser = await launchChromium()
      try {
        const { page, complaints } = await openPage(browser, 'about:blank')
        await page.route('https://cdn.jsdelivr.net/**', route =>
          route.fulfill({
            body: readFileSync(join(root, 'dist/cdn/llmfetch.js'), 'utf8'),
            headers: { 'access-control-allow-origin': '*', 'content-type': 'text/javascript' },
          }),
        )
        await page.goto(url)
        await page.fill('[name=model]', 'fake-small')
        const answered = (text: string) =>
          page.waitForFunction(end => document.querySelector('#answer')!.textContent === end, text)
        await page.click('button')
        await answered('Milk is on the list.')
        expect(await page.textContent('#list')).toBe('milk')
        await page.fill('[name=question]', 'What is on it?')
        await page.click('button')
        await answered('Only milk.')
        expect(told()).toEqual(['It is on the list.', '["milk"]'])
        expect(service.requests.map(({ headers }) => headers.authorization)).toEqual(
          Array(4).fill(`Bearer ${KEY}`),
        )
        expect(complaints).toEqual([])
      } finally {
        await browser.close()
      }
    },
  )
})
