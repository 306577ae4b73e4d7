import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { FakeRequest } from '../../src/testing/index.ts'
import { type FakeServer, startFakeServer } from '../../src/testing/server.ts'
import { requireBuild, root } from '../package/built.ts'
import { hasChromium } from '../support/chromium.ts'
import { findBarriers } from './accessibility.ts'
import { launchChromium, openPage, type WatchedPage } from './page.ts'

type Bindings = Readonly<Record<'LLM_BASE_URL' | 'LLM_API_KEY', string>> & { readonly LLM_MODEL?: string }

interface Running {
  readonly url: string
  close(): Promise<void>
}

const load = (file: string) => import(join(root, 'examples/playground', file))

let model: FakeServer
let bindings: Bindings
let serve: (bindings: Bindings, port?: number) => Promise<Running>
let playground: Running

/** Serves a playground of its own for as long as `use` works. */
async function withPlayground<T>(bound: Bindings, use: (url: string) => Promise<T>): Promise<T> {
  const running = await serve(bound)
  try {
    return await use(running.url)
  } finally {
    await running.close()
  }
}

beforeAll(async () => {
  requireBuild()
  const { startFakeModel } = await load('fake-model.mjs')
  const fake = await startFakeModel(20)
  model = fake.server
  bindings = fake.bindings
  serve = (await load('serve.mjs')).servePlayground
  playground = await serve(bindings)
})

afterAll(async () => {
  await playground?.close()
  await model?.close()
})

describe('the Worker of the playground', () => {
  const ask = (init: RequestInit) =>
    fetch(`${playground.url}/api/chat/completions`, { method: 'POST', ...init })
  const body = JSON.stringify({ model: 'fake-small', messages: [{ role: 'user', content: 'Hi' }], n: 9 })

  it('adds its key, and lets a page choose no more than it should', async () => {
    const events = await (await ask({ body })).text()
    expect(events.endsWith('data: [DONE]\n\n')).toBe(true)
    const { headers, body: sent } = model.requests.at(-1)!
    expect(headers.authorization).toBe(`Bearer ${bindings.LLM_API_KEY}`)
    expect(sent).toMatchObject({ stream: true, model: 'fake-small' })
    expect(sent).not.toHaveProperty('n')
  })

  it('refuses the pages of other sites', async () => {
    const { length } = model.requests
    expect((await ask({ body, headers: { origin: 'https://evil.example' } })).status).toBe(403)
    expect(model.requests).toHaveLength(length)
  })

  it('passes on the status and the words of an error', async () => {
    const failing = body.replace('fake-small', 'trouble-rate-limit')
    const response = await ask({ body: failing })
    expect([response.status, response.headers.get('retry-after-ms')]).toEqual([429, '90000'])
    const { error } = (await response.json()) as { error: object }
    expect(error).toMatchObject({ code: 'rate_limit_exceeded', message: 'Rate limit reached for requests.' })
  })

  it('answers 400 to what is no JSON', async () => {
    expect((await ask({ body: 'Hi' })).status).toBe(400)
  })

  it.each(['/package.json', '/page/../../worker.mjs', '/page/%2e%2e%2fworker.mjs', '/llmfetch//etc/passwd'])(
    'serves no other files: %s',
    async path => {
      expect((await fetch(playground.url + path)).status).toBe(404)
    },
  )

  it('names the model of the environment first, and alone where the service does not list any', async () => {
    const ids = (bound: Bindings) =>
      withPlayground(bound, async url => {
        const { data } = (await (await fetch(`${url}/api/models`)).json()) as { data: { id: string }[] }
        return data.map(({ id }) => id)
      })
    expect((await ids({ ...bindings, LLM_MODEL: 'fake-large' })).slice(0, 2)).toEqual([
      'fake-large',
      'fake-small',
    ])
    expect(await ids({ ...bindings, LLM_API_KEY: 'sk-wrong', LLM_MODEL: 'mine' })).toEqual(['mine'])
  })
})

describe('npm run playground', () => {
  /** Starts it as the script does, and waits until it says where it is. */
  async function start(environment: { readonly [name: string]: string } = {}) {
    const { LLM_BASE_URL, LLM_API_KEY, LLM_MODEL, ...env } = process.env
    const child = spawn(process.execPath, ['examples/playground/start.mjs'], {
      cwd: root,
      env: { ...env, PORT: '0', ...environment },
    })
    const exit = once(child, 'exit')
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    await vi.waitFor(() => expect(output).toContain('Behind it'), { timeout: 20_000 })
    const url = /http:\/\/[\d.:]+/.exec(output)![0]
    /** Ctrl-C, after which nobody listens there. */
    const stop = async () => {
      child.kill('SIGINT')
      await exit
      await vi.waitFor(() => expect(fetch(url)).rejects.toThrow())
    }
    return { url, output, stop }
  }

  it('serves the page with a fake model behind it, until it is stopped', async () => {
    const { url, output, stop } = await start()
    const [page, list] = await Promise.all([fetch(url), fetch(`${url}/api/models`)])
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('llmfetch playground')])
    expect(await list.text()).toContain('fake-small')
    expect(output).toContain('a fake model')
    await stop()
  })

  it('asks the service that the environment names', async () => {
    const { url, output, stop } = await start({ ...bindings, LLM_MODEL: 'fake-large' })
    const { length } = model.requests
    expect(await (await fetch(`${url}/api/models`)).text()).toContain('"data":[{"id":"fake-large"')
    expect(model.requests).toHaveLength(length + 1)
    expect(output).toContain(bindings.LLM_BASE_URL)
    expect(output).not.toContain(bindings.LLM_API_KEY)
    await stop()
  })
})

describe.skipIf(!hasChromium)('the page of the playground', () => {
  let browser: Browser
  let opened: WatchedPage[] = []

  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())
  afterEach(async () => {
    const complaints = opened.flatMap(watched => watched.complaints)
    await Promise.all(opened.map(watched => watched.close()))
    opened = []
    // Every answer with an error status is in the console, which is not the page's doing.
    expect(complaints.filter(text => !text.startsWith('Failed to load resource'))).toEqual([])
  })

  async function open(options?: Parameters<typeof openPage>[2]): Promise<Page> {
    const watched = await openPage(browser, playground.url, options)
    opened.push(watched)
    await watched.page.locator('#model:enabled').waitFor()
    return watched.page
  }

  /** Asks a model, and waits for nothing. */
  async function ask(page: Page, id: string, text = 'Tell me how a river becomes wide'): Promise<void> {
    await page.selectOption('#model', id)
    await page.fill('#prompt', text)
    await page.press('#prompt', 'Enter')
  }
  const ended = (page: Page) => page.locator('#send').waitFor()
  const answers = (page: Page) => page.locator('.answer .text').allTextContents()
  const chats = (): FakeRequest[] => model.requests.filter(({ path }) => path.endsWith('/chat/completions'))
  const lastBody = () => chats().at(-1)!.body as { model: string; messages: Record<string, unknown>[] }

  /** Waits until some of an answer is there that is not over, and returns it. The rest of `trouble-silent`'s never comes. */
  async function partOfAnswer(page: Page): Promise<string> {
    const handle = await page.waitForFunction(() => {
      const text = document.querySelector('.answer[aria-busy] .text')?.textContent ?? ''
      return text.length > 20 && text
    })
    return String(await handle.jsonValue())
  }

  it('lists the models of the service', async () => {
    const page = await open()
    expect(await page.locator('#model option').allTextContents()).toContain('fake-large')
    expect(await page.title()).toBe('llmfetch playground')
  })

  it('shows an answer while it arrives, and what was measured', async () => {
    const page = await open()
    await page.evaluate(() => {
      const lengths: number[] = []
      Reflect.set(globalThis, 'lengths', lengths)
      new MutationObserver(() => {
        const text = document.querySelector('.answer[aria-busy] .text')?.textContent ?? ''
        if (text.length > (lengths.at(-1) ?? 0)) lengths.push(text.length)
      }).observe(document.body, { childList: true, subtree: true })
    })
    await ask(page, 'fake-large')
    await ended(page)
    const lengths: number[] = await page.evaluate(() => Reflect.get(globalThis, 'lengths'))
    expect(lengths.length).toBeGreaterThan(10)
    expect((await answers(page))[0]).toHaveLength(lengths.at(-1)!)
    expect(lastBody().model).toBe('fake-large')

    const figure = (id: string) => page.locator(`#${id}`).textContent()
    expect(await figure('first')).toMatch(/^\d+ ms$|^\d+\.\d s$/)
    expect(Number(await figure('rate'))).toBeGreaterThan(0)
    expect(Number(await figure('asked'))).toBeGreaterThan(0)
    expect(Number(await figure('answered'))).toBeGreaterThan(20)
    expect(await figure('finish')).toBe('stop')
    const points = await page.locator('#plot .line').getAttribute('points')
    expect(points!.split(' ').length).toBeGreaterThan(5)
    expect(await page.locator('#plot').getAttribute('aria-label')).toMatch(/peak \d+/)
  })

  it('needs no key, and asks nobody but its Worker', async () => {
    const requests: string[] = []
    const headers: Record<string, string>[] = []
    const page = await open()
    page.on('request', request => {
      requests.push(request.url())
      headers.push(request.headers())
    })
    await ask(page, 'fake-small')
    await ended(page)
    await page.reload()
    await page.locator('#model:enabled').waitFor()
    expect(requests.length).toBeGreaterThan(20)
    expect(requests.filter(url => !url.startsWith(`${playground.url}/`))).toEqual([])
    expect(headers.filter(({ authorization }) => authorization)).toEqual([])
  })

  it.each([
    ['its button', (page: Page) => page.click('#stop')],
    ['Escape', (page: Page) => page.keyboard.press('Escape')],
  ])('stops by %s, at the service too, and keeps what there was', async (_, stop) => {
    const page = await open()
    await ask(page, 'trouble-silent', 'Tell me a long story about a lighthouse')
    const part = await partOfAnswer(page)
    const stopped = chats().at(-1)!
    expect(stopped.aborted).toBe(false)
    await stop(page)
    // The Worker itself gives a silent service up, but only after 15 seconds.
    await vi.waitFor(() => expect(stopped.aborted).toBe(true), { timeout: 5000 })
    await ended(page)
    const [answer = ''] = await answers(page)
    expect(answer.startsWith(part)).toBe(true)
    expect(await page.locator('.answer .note').textContent()).toMatch(/^Stopped · /)
    expect(await page.locator('.error').count()).toBe(0)

    await ask(page, 'fake-small', 'Go on')
    await ended(page)
    expect(lastBody().messages.map(({ role, content }) => [role, content])).toEqual([
      ['user', 'Tell me a long story about a lighthouse'],
      ['assistant', answer],
      ['user', 'Go on'],
    ])
  })

  it('shows a tool call with its arguments, and gives its result back', async () => {
    const page = await open()
    await page.click('text=The weather in Oslo')
    await page.locator('.answer').nth(1).waitFor()
    await ended(page)
    const [name, given, returned] = await page.locator('.tool dd').allTextContents()
    expect([name, given]).toEqual(['get_weather', '{"city":"Oslo"}'])
    expect(JSON.parse(returned!)).toMatchObject({ city: 'Oslo', celsius: expect.any(Number) })
    const [, called, result] = lastBody().messages
    expect(called).toMatchObject({ role: 'assistant', tool_calls: [{ function: { name: 'get_weather' } }] })
    const [{ id }] = called!.tool_calls as [{ id: string }]
    expect(result).toEqual({ role: 'tool', tool_call_id: id, content: returned })
    expect((await answers(page)).at(-1)).toContain(returned)
  })

  it('runs several tools of one answer', async () => {
    const page = await open()
    await page.click('text=Two tools at once')
    await page.locator('.answer').nth(1).waitFor()
    await ended(page)
    expect(await page.locator('.tool .name').allTextContents()).toEqual(['get_weather', 'roll_dice'])
    expect(lastBody().messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool'])
  })

  it.each([
    ['trouble-cut', 'APIError', 'IncompleteStreamError', true],
    ['trouble-broken-connection', 'APIError', 'IncompleteStreamError', true],
    ['trouble-garbage', 'APIError', 'ProtocolError', false],
    ['trouble-rate-limit', 'RateLimitError', 'rate_limit_exceeded', false],
    ['trouble-overloaded', 'ServerError', 'overloaded', false],
  ])('tells what is wrong: %s is a %s with %s', async (id, name, detail, hasText) => {
    const page = await open()
    await ask(page, id)
    const error = page.locator('.error')
    await error.waitFor()
    expect(await error.locator('.who').textContent()).toBe(name)
    expect(await error.textContent()).toContain(detail)
    const [text = ''] = await answers(page)
    expect(text.length > 10).toBe(hasText)
    expect(await page.locator('.answer.cut').count()).toBe(hasText ? 1 : 0)
    expect(await error.locator('.kept').count()).toBe(hasText ? 1 : 0)
    expect(await page.locator('#finish').textContent()).toBe(name)
    expect(await page.locator('#announcer').textContent()).toContain(name)
  })

  it('shows a trouble for whoever has not met one, where the model plays it', async () => {
    const page = await open()
    await page.click('text=A stream that is cut')
    await page.locator('.error').waitFor()
    expect(lastBody().model).toBe('trouble-cut')

    await using other = await startFakeServer({ models: ['only'] })
    await withPlayground({ ...bindings, LLM_BASE_URL: other.baseUrl }, async url => {
      const watched = await openPage(browser, url)
      opened.push(watched)
      await watched.page.locator('#model:enabled').waitFor()
      expect(await watched.page.locator('.prompts button:visible').count()).toBe(3)
    })
  })

  it('tries again after an error, without the part of the answer', async () => {
    const page = await open()
    await ask(page, 'trouble-cut')
    await page.locator('.error').waitFor()
    await page.selectOption('#model', 'fake-small')
    await page.click('text=Try again')
    await page.locator('.error').waitFor({ state: 'detached' })
    await ended(page)
    expect(await answers(page)).toHaveLength(1)
    expect(await page.locator('#finish').textContent()).toBe('stop')
    expect(lastBody().messages.map(({ role }) => role)).toEqual(['user'])
  })

  it('says so when the service is not there', async () => {
    await withPlayground({ ...bindings, LLM_BASE_URL: 'http://127.0.0.1:9/v1' }, async url => {
      const watched = await openPage(browser, url)
      opened.push(watched)
      await watched.page.locator('.error').waitFor()
      expect(await watched.page.locator('.error').textContent()).toContain('ConnectionError')
      expect(await watched.page.locator('#model').isDisabled()).toBe(true)
    })
  })

  it('shows markup as text', async () => {
    const page = await open()
    const markup = '<img src=x onerror=alert(1)><b>bold</b>'
    await ask(page, 'fake-small', markup)
    await ended(page)
    expect(await page.locator('.user .text').textContent()).toBe(markup)
    expect(await page.locator('.messages :is(img, b)').count()).toBe(0)
  })

  it('begins anew, and forgets an answer on its way', async () => {
    const page = await open()
    await ask(page, 'trouble-silent')
    await partOfAnswer(page)
    await page.click('#clear')
    await page.locator('#welcome').waitFor()
    await ask(page, 'fake-small', 'Another question')
    await ended(page)
    expect(lastBody().messages.map(({ content }) => content)).toEqual(['Another question'])
    expect(await page.locator('.message').count()).toBe(2)
  })

  it('runs no script but its own', async () => {
    const response = await fetch(playground.url)
    const csp = response.headers.get('content-security-policy')!
    expect(csp).toMatch(/default-src 'none'; script-src 'self' 'nonce-[\w-]{36}';/)
    expect(csp).not.toMatch(/unsafe|\*|https?:/)
    const { page, close } = await openPage(browser, playground.url)
    const injected = await page.evaluate(() => {
      try {
        const script = document.createElement('script')
        script.append('globalThis.injected = true')
        document.head.append(script)
      } catch {}
      return Reflect.has(globalThis, 'injected')
    })
    await close()
    expect(injected).toBe(false)
  })

  describe('by keyboard', () => {
    /** Where the focus is, and whether it shows. */
    const focus = (page: Page) =>
      page.evaluate(() => {
        const focused = document.activeElement as HTMLElement
        const shown = focused.closest('.box') && focused.id === 'prompt' ? focused.closest('.box')! : focused
        const { outlineStyle, outlineWidth } = getComputedStyle(shown)
        const visible = outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0
        return { at: focused.id || focused.textContent!.trim(), visible }
      })

    it('goes through the page in the order in which it is read, and shows where it is', async () => {
      const page = await open()
      const stops: { at: string; visible: boolean }[] = []
      await page.focus('#model')
      await page.keyboard.press('Shift+Tab')
      for (let stop = 0; stop < 10; stop++) {
        await page.keyboard.press('Tab')
        stops.push(await focus(page))
      }
      expect(stops.map(({ at }) => at)).toEqual([
        'model',
        'clear',
        'scroll',
        'How a river becomes wide',
        'The weather in Oslo, by a tool',
        'Two tools at once',
        'A stream that is cut',
        'prompt',
        'tools',
        'send',
      ])
      expect(stops.filter(({ visible }) => !visible)).toEqual([])
    })

    it('asks, breaks a line, stops and asks again', async () => {
      const page = await open()
      expect((await focus(page)).at).toBe('prompt')
      await page.selectOption('#model', 'trouble-silent')
      await page.keyboard.type('One line')
      await page.keyboard.press('Shift+Enter')
      await page.keyboard.type('and another')
      await page.keyboard.press('Enter')
      await partOfAnswer(page)
      expect(lastBody().messages[0]!.content).toBe('One line\nand another')
      await page.keyboard.type('Next')
      await page.keyboard.press('Enter')
      expect(await page.inputValue('#prompt')).toBe('Next')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Tab')
      expect(await focus(page)).toEqual({ at: 'stop', visible: true })
      await page.keyboard.press('Enter')
      await ended(page)
      expect(await page.locator('.answer .note').textContent()).toMatch(/^Stopped/)
      expect((await focus(page)).at).toBe('prompt')
      await page.selectOption('#model', 'fake-small')
      await page.keyboard.press('Enter')
      await ended(page)
      expect(lastBody().messages.at(-1)!.content).toBe('Next')
    })

    it('chooses a model, offers tools and tries again', async () => {
      const page = await open()
      await page.focus('#model')
      await page.keyboard.type('trouble-cut')
      expect(await page.inputValue('#model')).toBe('trouble-cut')
      await page.focus('#tools')
      await page.keyboard.press('Space')
      expect(await page.isChecked('#tools')).toBe(true)
      await page.keyboard.press('Space')
      await page.focus('#prompt')
      await page.keyboard.type('Hello there, tell me a story')
      await page.keyboard.press('Enter')
      await page.locator('.error').waitFor()
      await page.keyboard.press('Shift+Tab')
      expect(await focus(page)).toEqual({ at: 'Try again', visible: true })
      const { length } = chats()
      await page.keyboard.press('Enter')
      await vi.waitFor(() => expect(chats().length).toBe(length + 1))
      expect((await focus(page)).at).toBe('prompt')
      await page.locator('.error').waitFor()
    })
  })

  describe('for everybody', () => {
    const screens = [
      { name: 'light', colorScheme: 'light' },
      { name: 'dark', colorScheme: 'dark' },
      { name: 'a phone', colorScheme: 'light', viewport: { width: 360, height: 740 } },
      // 1.4.10, reflow: 1280 pixels at 400 %.
      { name: 'a narrow window', colorScheme: 'dark', viewport: { width: 320, height: 640 } },
    ] as const

    it.each(screens)('has no barrier that a machine can find: $name', async ({ name, ...options }) => {
      const page = await open(options)
      expect(await findBarriers(page)).toEqual([])
      await page.click('text=The weather in Oslo')
      await page.locator('.answer').nth(1).waitFor()
      expect(await findBarriers(page)).toEqual([])
      await ended(page)
      await page.uncheck('#tools')
      await ask(page, 'trouble-cut', 'A_very_long_word_'.repeat(30))
      await page.locator('.error').waitFor()
      expect(await findBarriers(page)).toEqual([])
    })

    it('tells a screen reader whole sentences', async () => {
      const page = await open()
      await ask(page, 'fake-small')
      await ended(page)
      const said = await page.locator('#announcer p').allTextContents()
      expect(said.join(' ')).toBe((await answers(page))[0])
      for (const sentence of said) expect(sentence).toMatch(/[.!?:"]$/)
    })

    it.each(['reduce', 'no-preference'] as const)('moves no more than is wanted: %s', async reducedMotion => {
      const page = await open({ reducedMotion })
      await ask(page, 'trouble-silent')
      await partOfAnswer(page)
      const animation = await page.evaluate(
        () => getComputedStyle(document.querySelector('.answer[aria-busy] .text')!, '::after').animationName,
      )
      expect(animation).toBe(reducedMotion === 'reduce' ? 'none' : 'blink')
      await page.keyboard.press('Escape')
      await ended(page)
    })
  })
})
