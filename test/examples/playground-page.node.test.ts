import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Browser, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { FakeRequest } from '../../src/testing/index.ts'
import { type FakeServer, startFakeServer } from '../../src/testing/server.ts'
import { requireBuild, root } from '../package/built.ts'
import { hasChromium } from '../support/chromium.ts'
import { findBarriers } from './accessibility.ts'
import { launchChromium, openPage, type WatchedPage } from './page.ts'
import { type Bindings, type Running, servePlayground, startModel, withPlayground } from './playground.ts'

let model: FakeServer
let bindings: Bindings
let playground: Running

beforeAll(async () => {
  requireBuild()
  const fake = await startModel(12)
  model = fake.server
  bindings = fake.bindings
  playground = await servePlayground(bindings)
})
afterAll(async () => {
  await playground?.close()
  await model?.close()
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
    model.reset()
    // Every answer with an error status is in the console, which is not the page's doing.
    expect(complaints.filter(text => !text.startsWith('Failed to load resource'))).toEqual([])
  })

  async function openAt(url: string, options?: Parameters<typeof openPage>[2]): Promise<Page> {
    const watched = await openPage(browser, url, options)
    opened.push(watched)
    return watched.page
  }
  async function open(options?: Parameters<typeof openPage>[2]): Promise<Page> {
    const page = await openAt(playground.url, options)
    await page.locator('#model:enabled').waitFor()
    return page
  }

  interface Wish {
    readonly text?: string
    readonly model?: string
    readonly fault?: string
    readonly mode?: 'Text' | 'Tools' | 'Object'
  }
  /** Asks, and waits for nothing. */
  async function ask(
    page: Page,
    { text = 'Tell me how a river becomes wide', ...wish }: Wish = {},
  ): Promise<void> {
    await page.selectOption('#model', wish.model ?? 'fake-small')
    await page.selectOption('#fault', wish.fault ?? '')
    if (wish.mode) await page.check(`[value=${wish.mode.toLowerCase()}]`)
    await say(page, text)
  }
  async function say(page: Page, text: string): Promise<void> {
    await page.fill('#prompt', text)
    await page.press('#prompt', 'Enter')
  }
  const suggest = (page: Page, name: string) => page.getByRole('button', { name }).click()
  const ended = (page: Page) => page.locator('#send').waitFor()
  const answers = (page: Page) => page.locator('.answer .text').allTextContents()
  const figure = (page: Page, id: string) => page.locator(`#${id}`).textContent()
  const chats = (): FakeRequest[] => model.requests.filter(({ path }) => path.endsWith('/chat/completions'))
  type Body = { model: string; messages: Record<string, unknown>[]; [key: string]: unknown }
  const lastBody = () => chats().at(-1)!.body as Body

  /** Waits until some of an answer is there that is not over, and returns it. The rest of a silent one never comes. */
  async function partOfAnswer(page: Page): Promise<string> {
    const handle = await page.waitForFunction(() => {
      const text = document.querySelector('.answer[aria-busy] .text')?.textContent ?? ''
      return text.length > 20 && text
    })
    return String(await handle.jsonValue())
  }

  /** Each different text of an element while `act` happens. */
  async function watch(page: Page, selector: string, act: () => Promise<void>): Promise<string[]> {
    await page.evaluate(watched => {
      const seen: string[] = []
      Reflect.set(globalThis, 'seen', seen)
      new MutationObserver(() => {
        const text = document.querySelector(watched)?.textContent ?? ''
        if (text && text !== seen.at(-1)) seen.push(text)
      }).observe(document.body, { childList: true, subtree: true, characterData: true })
    }, selector)
    await act()
    return page.evaluate(() => Reflect.get(globalThis, 'seen'))
  }

  it('offers the models that it may ask, and the faults of a fake one', async () => {
    const page = await open()
    expect(await page.locator('#model option').allTextContents()).toEqual([
      'fake-small',
      'fake-large',
      'fake-thinking',
    ])
    expect(await page.locator('#fault option').allTextContents()).toContain('Overloaded twice, then well')
    expect(await page.title()).toBe('llmfetch playground')
  })

  it('offers no faults, and no questions that need them, where the service has none', async () => {
    await using other = await startFakeServer({ models: ['only'] })
    await withPlayground({ LLM_BASE_URL: other.baseUrl }, async url => {
      const page = await openAt(url)
      await page.locator('#model:enabled').waitFor()
      expect(await page.locator('#fault').isVisible()).toBe(false)
      expect(await page.locator('.prompts button:visible').allTextContents()).toEqual([
        'How a river becomes wide',
        'Two tools at once',
        'A trip as an object',
      ])
    })
  })

  it('shows an answer while it arrives, and what was measured', async () => {
    const page = await open()
    const seen = await watch(page, '.answer[aria-busy] .text', async () => {
      await ask(page, { model: 'fake-large' })
      await ended(page)
    })
    expect(seen.length).toBeGreaterThan(10)
    expect((await answers(page))[0]).toBe(seen.at(-1))
    expect(lastBody().model).toBe('fake-large')

    expect(await figure(page, 'first')).toMatch(/^\d+ ms$|^\d+\.\d s$/)
    expect(Number(await figure(page, 'rate'))).toBeGreaterThan(0)
    expect(Number(await figure(page, 'asked'))).toBeGreaterThan(0)
    expect(Number(await figure(page, 'answered'))).toBeGreaterThan(20)
    expect(await figure(page, 'finish')).toBe('stop')
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
    await ask(page)
    await ended(page)
    await page.reload()
    await page.locator('#model:enabled').waitFor()
    expect(requests.length).toBeGreaterThan(20)
    expect(requests.filter(url => !url.startsWith(`${playground.url}/`))).toEqual([])
    expect(headers.filter(({ authorization }) => authorization)).toEqual([])
  })

  it('says so when the service is not there', async () => {
    await withPlayground({ LLM_BASE_URL: 'http://127.0.0.1:9/v1' }, async url => {
      const page = await openAt(url)
      await page.locator('.error').waitFor()
      expect(await page.locator('.error').textContent()).toContain('ConnectionError')
      expect(await page.locator('#model').isDisabled()).toBe(true)
    })
  })

  it('shows markup as text', async () => {
    const page = await open()
    const markup = '<img src=x onerror=alert(1)><b>bold</b>'
    await ask(page, { text: markup })
    await ended(page)
    expect(await page.locator('.user .text').textContent()).toBe(markup)
    expect(await page.locator('.messages :is(img, b)').count()).toBe(0)
  })

  it('runs no script but its own', async () => {
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

  describe('a conversation', () => {
    it.each([
      ['its button', (page: Page) => page.click('#stop')],
      ['Escape', (page: Page) => page.keyboard.press('Escape')],
    ])('stops by %s, at the service too, and keeps what there was', async (_, stop) => {
      // workerd notices that its reader has left when it writes next, so the service must not fall silent.
      await using slow = await startFakeServer({
        chunkDelay: 30,
        reply: (_, index) => (index ? 'The end.' : 'and the light went round '.repeat(300)),
      })
      const settings = { LLM_BASE_URL: slow.baseUrl, LLM_API_KEY: 'sk-slow', LLM_MODELS: 'fake-small' }
      await withPlayground(settings, async url => {
        const page = await openAt(url)
        await page.locator('#model:enabled').waitFor()
        await say(page, 'Tell me a long story about a lighthouse')
        const part = await partOfAnswer(page)
        const [stopped] = slow.requests
        expect(stopped!.aborted).toBe(false)
        await stop(page)
        await vi.waitFor(() => expect(stopped!.aborted).toBe(true), { timeout: 5000 })
        await ended(page)
        const [answer = ''] = await answers(page)
        expect(answer.startsWith(part)).toBe(true)
        expect(await page.locator('.answer .note').textContent()).toMatch(/^Stopped · /)
        expect(await page.locator('.error').count()).toBe(0)
        expect(await page.locator('.exchange .outcome').textContent()).toMatch(/^\d+ events · /)

        await say(page, 'Go on')
        await ended(page)
        const { messages } = slow.requests.at(-1)!.body as Body
        expect(messages.map(({ role, content }) => [role, content])).toEqual([
          ['user', 'Tell me a long story about a lighthouse'],
          ['assistant', answer],
          ['user', 'Go on'],
        ])
      })
    })

    it('begins anew, and forgets an answer on its way', async () => {
      const page = await open()
      await ask(page, { fault: 'silent' })
      await partOfAnswer(page)
      await page.click('#clear')
      await page.locator('#welcome').waitFor()
      await ask(page, { text: 'Another question' })
      await ended(page)
      expect(lastBody().messages.map(({ content }) => content)).toEqual(['Another question'])
      expect(await page.locator('.message').count()).toBe(2)
      expect(await page.locator('.exchange').count()).toBe(1)
    })

    it('is asked with a system prompt, a temperature and a bound', async () => {
      const page = await open()
      await page.click('#adjust')
      await page.fill('#system', 'Answer in one word.')
      await page.fill('#temperature', '0.3')
      await page.fill('#limit', '7')
      await ask(page)
      await ended(page)
      expect(lastBody()).toMatchObject({
        messages: [{ role: 'system', content: 'Answer in one word.' }, { role: 'user' }],
        temperature: 0.3,
        max_tokens: 7,
      })
      expect(await figure(page, 'finish')).toBe('length')
      await page.fill('#system', '')
      await page.fill('#temperature', '')
      await page.fill('#limit', '99999999')
      await ask(page, { text: 'Go on' })
      await ended(page)
      expect(lastBody().messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
      expect(lastBody()).not.toHaveProperty('temperature')
      expect(lastBody().max_tokens).toBe(4096)
    })

    it('shows thinking apart from the answer, closed once that begins', async () => {
      const page = await open()
      await suggest(page, 'A question to think about')
      await partOfAnswer(page)
      expect(await page.locator('.thinking').getAttribute('open')).toBe(null)
      await ended(page)
      expect(await page.locator('.thinking summary').textContent()).toMatch(/^Thought for \d/)
      await page.click('.thinking summary')
      const thought = await page.locator('.thought').textContent()
      expect(thought).toMatch(/^The question is a short one.+ one is enough\.$/)
      expect(await page.locator('.thought').isVisible()).toBe(true)
      expect((await answers(page))[0]).not.toContain('The question is a short one')
      expect(await page.locator('#announcer').textContent()).not.toContain('The question is a short one')
    })
  })

  describe('tools', () => {
    it('shows a call with its arguments, runs it, and gives its result back', async () => {
      const page = await open()
      await ask(page, { mode: 'Tools', text: 'What is the weather in Oslo?' })
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
      expect(await page.locator('.exchange').count()).toBe(2)
    })

    it('runs several of one answer', async () => {
      const page = await open()
      await suggest(page, 'Two tools at once')
      await page.locator('.answer').nth(1).waitFor()
      await ended(page)
      expect(await page.locator('.tool .name').allTextContents()).toEqual(['get_weather', 'roll_dice'])
      expect(lastBody().messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool'])
    })

    /** A service that answers with a call, as often as told, and with words then. */
    async function withCalls(
      json: string,
      times: number,
      use: (page: Page, other: FakeServer) => Promise<void>,
    ) {
      const call = {
        id: 'call_1',
        type: 'function',
        index: 0,
        function: { name: 'roll_dice', arguments: json },
      }
      const chunk = { choices: [{ index: 0, delta: { tool_calls: [call] }, finish_reason: 'tool_calls' }] }
      const body = `data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`
      const fault = { body, headers: { 'content-type': 'text/event-stream' } }
      // The list of models comes first.
      const faults = [{}, ...Array.from({ length: times }, () => fault)]
      await using other = await startFakeServer({ models: ['only'], faults })
      await withPlayground({ LLM_BASE_URL: other.baseUrl }, async url => {
        const page = await openAt(url)
        await page.locator('#model:enabled').waitFor()
        await page.check('[value=tools]')
        await say(page, 'Roll the dice')
        await page.locator('.tool').waitFor()
        await ended(page)
        await use(page, other)
      })
    }

    it('tells the model, and the reader, what is wrong with a call', async () => {
      await withCalls('{"count":99}', 1, async (page, other) => {
        expect(await page.locator('.tool .failed').textContent()).toMatch(/error.+10.+99/)
        const { messages } = other.requests.at(-1)!.body as Body
        expect(messages.at(-1)).toMatchObject({ role: 'tool', content: expect.stringContaining('error') })
        expect((await answers(page)).length).toBe(1)
      })
    })

    it('gives a model up that calls tools without an end', async () => {
      await withCalls('{"count":1}', 20, async (page, other) => {
        expect(other.requests.filter(({ method }) => method === 'POST')).toHaveLength(5)
        expect(await page.locator('.message').last().textContent()).toContain('called too often')
      })
    })
  })

  describe('an object', () => {
    it('fills while it arrives', async () => {
      const page = await open()
      const seen = await watch(page, '.answer .tree', async () => {
        await suggest(page, 'A trip as an object')
        await ended(page)
      })
      expect(seen.length).toBeGreaterThan(8)
      for (const [place, text] of seen.entries())
        if (place) expect(text.length).toBeGreaterThan(seen[place - 1]!.length)
      expect(await page.locator('.answer .text > .tree > div > dt').allTextContents()).toEqual([
        'title',
        'season',
        'days',
        'stops',
        'byTrain',
      ])
      expect(await page.locator('.tree li dd').first().textContent()).toBe('Bergen')
      expect(lastBody()).toMatchObject({
        response_format: { type: 'json_schema', json_schema: { schema: { properties: { byTrain: {} } } } },
      })
      const said = await page.locator('#announcer').textContent()
      expect(said).toBe('The object is complete.')
    })

    it('has the schema that was typed', async () => {
      const page = await open()
      await page.check('[value=object]')
      await page.click('#adjust')
      await page.fill(
        '#schema',
        '{"type":"object","properties":{"userName":{"type":"string"}},"required":["userName"]}',
      )
      await ask(page, { text: 'Who is Ada?' })
      await ended(page)
      expect(await page.locator('.tree dt').allTextContents()).toEqual(['userName'])
      expect(await page.locator('.tree dd').textContent()).toContain('Ada')
    })

    it('is not asked for with a schema that is none, which the page says', async () => {
      const page = await open()
      await page.check('[value=object]')
      await page.click('#adjust')
      await page.fill('#schema', '{"type": }')
      await page.click('#adjust')
      await ask(page)
      await page.locator('#wrong').filter({ hasText: 'JSON' }).waitFor()
      expect(await page.evaluate(() => document.activeElement!.id)).toBe('schema')
      expect(await page.inputValue('#prompt')).toContain('river')
      expect(chats()).toHaveLength(0)
    })

    it('stays as far as it had come, where it is cut', async () => {
      const page = await open()
      await ask(page, { mode: 'Object', text: 'Plan a trip to Norway', fault: 'cut' })
      await page.locator('.error').waitFor()
      expect(await page.locator('.answer.cut .tree dt').first().textContent()).toBe('title')
      expect(await page.locator('.error .kept').count()).toBe(1)
    })
  })

  describe('what goes wrong', () => {
    it.each([
      ['cut', 'IncompleteStreamError', 'before its end', true],
      ['broken', 'IncompleteStreamError', 'before its end', true],
      ['garbage', 'ProtocolError', 'no answer', false],
      ['html', 'ProtocolError', 'no answer', false],
      ['rate-limit-long', 'RateLimitError', 'retry after90 s', false],
      ['overloaded', 'ServerError', 'status503', false],
    ])('has its name: %s is a %s', async (fault, name, detail, hasText) => {
      const page = await open()
      await ask(page, { fault })
      const error = page.locator('.error')
      await error.waitFor()
      expect(await error.locator('.who').textContent()).toBe(name)
      expect(await error.textContent()).toContain(detail)
      const [text = ''] = await answers(page)
      expect(text.length > 10).toBe(hasText)
      expect(await page.locator('.answer.cut').count()).toBe(hasText ? 1 : 0)
      expect(await error.locator('.kept').count()).toBe(hasText ? 1 : 0)
      expect(await figure(page, 'finish')).toBe(name)
      expect(await page.locator('#announcer').textContent()).toContain(name)
    })

    it('is a silence that lasts longer than is allowed', async () => {
      const page = await open()
      await page.click('#adjust')
      await page.fill('#silence', '1')
      await ask(page, { fault: 'silent' })
      await page.locator('.error').waitFor()
      expect(await page.locator('.error').textContent()).toMatch(/TimeoutError.+phaseidle/)
      expect((await answers(page))[0]!.length).toBeGreaterThan(10)
    })

    it('breaks no name of an error within a word', async () => {
      const page = await open({ viewport: { width: 390, height: 844 } })
      await ask(page, { fault: 'rate-limit-long' })
      await page.locator('.error').waitFor()
      const lines = await page.evaluate(() => {
        const range = document.createRange()
        const tops = new Map<string, Set<number>>()
        for (const node of document.querySelector('#finish')!.childNodes) {
          if (node.nodeType !== Node.TEXT_NODE) continue
          range.selectNodeContents(node)
          tops.set(node.textContent!, new Set([...range.getClientRects()].map(({ top }) => Math.round(top))))
        }
        return [...tops].map(([word, { size }]) => [word, size])
      })
      expect(lines).toEqual([
        ['Rate', 1],
        ['Limit', 1],
        ['Error', 1],
      ])
    })

    it('is tried again by hand, without the part of the answer', async () => {
      const page = await open()
      await ask(page, { fault: 'cut' })
      await page.locator('.error').waitFor()
      await page.selectOption('#fault', '')
      await page.click('text=Try again')
      await page.locator('.error').waitFor({ state: 'detached' })
      await ended(page)
      expect(await answers(page)).toHaveLength(1)
      expect(await figure(page, 'finish')).toBe('stop')
      expect(lastBody().messages.map(({ role }) => role)).toEqual(['user'])
    })
  })

  describe('retries', () => {
    const rows = (page: Page) =>
      page
        .locator('.exchanges > li')
        .evaluateAll(items =>
          items.map(item => [
            item.querySelector('.status')!.textContent,
            item.querySelector('.wait')?.textContent.replace(/\d+(\.\d)?/, 'N') ?? '',
          ]),
        )

    it('show each attempt and each wait, and how often it was tried', async () => {
      const page = await open()
      const notes = await watch(page, '.answer .note', async () => {
        await suggest(page, 'Overloaded twice, then well')
        await ended(page)
      })
      expect(await rows(page)).toEqual([
        ['503', 'ServerError · again in N ms'],
        ['503', expect.stringMatching(/^ServerError · again in N m?s$/)],
        ['200', ''],
      ])
      expect(notes.some(note => /^Attempt 1: ServerError 503\. Next in 0\.\d s$/.test(note))).toBe(true)
      expect(notes).toContain('Attempt 2')
      expect(notes.at(-1)).toMatch(/^3 attempts · first token /)
      expect(await page.locator('#announcer p').allTextContents()).toContainEqual(
        expect.stringMatching(/^Attempt 2: ServerError 503\. Tries again in /),
      )
      expect(chats()).toHaveLength(3)
    })

    it('obey the wait that the service asks for', async () => {
      const page = await open()
      await ask(page, { fault: 'rate-limit' })
      await ended(page)
      expect(await page.locator('.wait').allTextContents()).toEqual(['RateLimitError · again in 2.0 s'])
    })

    it('follow a connection that failed', async () => {
      const page = await open()
      await ask(page, { fault: 'unreachable-once' })
      await ended(page)
      expect(await rows(page)).toEqual([
        ['502', 'ConnectionError · again in N ms'],
        ['200', ''],
      ])
    })

    it('are as many as are allowed', async () => {
      const page = await open()
      await page.click('#adjust')
      await page.fill('#retries', '0')
      await ask(page, { fault: 'overloaded-twice' })
      await page.locator('.error').waitFor()
      expect(chats()).toHaveLength(1)
    })

    it('can be stopped while they wait', async () => {
      const page = await open()
      await ask(page, { fault: 'rate-limit' })
      await page.locator('.wait').waitFor()
      await page.keyboard.press('Escape')
      await ended(page)
      expect(await page.locator('.answer .note').textContent()).toMatch(/^Stopped/)
      expect(await page.locator('.error').count()).toBe(0)
      expect(chats()).toHaveLength(1)
    })
  })

  describe('the inside of an answer', () => {
    const permissions = ['clipboard-read', 'clipboard-write']
    const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText())

    it('is the request as it was sent, without a key', async () => {
      const page = await open({ permissions })
      await ask(page, { text: 'Hello there' })
      await ended(page)
      const request = await page.locator('#request').textContent()
      expect(request).toMatch(/^POST \/api\/chat\/completions\n/)
      expect(request).toContain('content-type: application/json')
      expect(request).not.toMatch(/authorization|sk-/)
      const body = JSON.parse(request!.split('\n\n').slice(1).join('\n\n'))
      const { max_tokens, ...sent } = lastBody()
      expect(body).toEqual(sent)
      await page.click('#copy')
      await page.locator('#copied', { hasText: 'Copied' }).waitFor()
      expect(await clipboard(page)).toBe(request)
    })

    it('is each raw event, as it came', async () => {
      const page = await open({ permissions })
      await ask(page)
      await page.click('#tab-events')
      await partOfAnswer(page)
      const before = await page.locator('#events li').count()
      expect(before).toBeGreaterThan(3)
      await ended(page)
      const events = await page.locator('#events code').allTextContents()
      expect(events.length).toBeGreaterThan(before)
      expect(events[0]).toMatch(/^data: \{"id":"chatcmpl-.*"role":"assistant"/)
      expect(events.at(-1)).toBe('data: [DONE]')
      const pieces = events.slice(0, -1).map(text => JSON.parse(text.slice('data: '.length)).choices[0])
      expect(pieces.map(choice => choice?.delta.content ?? '').join('')).toBe((await answers(page))[0])
      expect(await page.locator('.exchange .outcome').textContent()).toContain(`${events.length} events`)
      await page.click('#copy')
      expect(await clipboard(page)).toBe(events.join('\n\n'))
    })

    it('is that of each attempt, by its button', async () => {
      const page = await open()
      await suggest(page, 'Overloaded twice, then well')
      await ended(page)
      await page.click('#tab-events')
      expect(await page.locator('#events').textContent()).toContain('[DONE]')
      await page.locator('.exchange').first().click()
      expect(await page.locator('.exchange').first().getAttribute('aria-pressed')).toBe('true')
      expect(await page.locator('#events').textContent()).toContain('"type":"server_error"')
      await page.click('#tab-request')
      expect(await page.locator('#request').textContent()).toContain('x-playground-attempt: 1')
    })

    it('comes over the conversation on a phone, and goes again', async () => {
      const page = await open({ viewport: { width: 390, height: 844 } })
      await ask(page)
      await ended(page)
      expect(await page.locator('#request').isVisible()).toBe(false)
      await page.click('#inside')
      expect(await page.locator('#inside').getAttribute('aria-expanded')).toBe('true')
      expect(await page.locator('#request').isVisible()).toBe(true)
      expect(await page.locator('#messages').isVisible()).toBe(false)
      await page.click('#inside')
      expect(await page.locator('#messages').isVisible()).toBe(true)
    })

    /** Runs a program in Node, as its reader would who has put the key into the environment. */
    async function run(code: string): Promise<string> {
      const { LLM_BASE_URL, LLM_API_KEY } = bindings
      const env = { ...process.env, LLM_BASE_URL, LLM_API_KEY }
      const child = spawn(process.execPath, ['--input-type=module', '-'], { cwd: root, env })
      let output = ''
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => {
          output += text
        })
      child.stdin.end(code)
      await once(child, 'close')
      return output
    }

    it.each([
      // biome-ignore lint/suspicious/noTemplateCurlyInString: what would be a template in a program must stay a text
      ['an answer', { text: 'Say "Hello",\nthen it\'s `${over}`' }],
      ['an answer after an answer, with settings', { text: 'And then?' }],
      ['tools', { mode: 'Tools', text: 'What is the weather in Oslo?' }],
      ['an object', { mode: 'Object', text: 'Plan a trip of 9 days through Norway' }],
    ] as const)('is a program that does the same: %s', async (name, wish) => {
      const page = await open({ permissions })
      if (name.includes('settings')) {
        await page.click('#adjust')
        await page.fill('#system', "Answer as a sailor, don't be shy.")
        await page.fill('#temperature', '0.5')
        await page.fill('#retries', '0')
        await ask(page)
        await ended(page)
      }
      await page.click('#tab-code')
      await ask(page, wish)
      await ended(page)
      await page.click('#copy')
      await page.locator('#copied', { hasText: 'Copied' }).waitFor()
      const code = await clipboard(page)
      const shown = (await answers(page)).at(-1)!
      const { stream_options: _, max_tokens: __, ...asked } = lastBody()
      const output = await run(code)
      if (name === 'an object') {
        expect(output).toContain("season: 'spring'")
        for (const value of await page.locator('.tree .constant').allTextContents())
          expect(output).toContain(value)
      } else if (name === 'tools') {
        // The rest is made of the calls' ids, which differ.
        const result = /^The answer is: \{.+?\}/
        expect(result.exec(output)![0]).toBe(result.exec(shown)![0])
      } else expect(output).toBe(shown)
      const { messages, ...request } = lastBody()
      const withoutIds = (text: string) => text.replace(/call_\w+/g, 'call')
      expect(JSON.parse(withoutIds(JSON.stringify({ ...request, messages })))).toMatchObject(
        JSON.parse(withoutIds(JSON.stringify(asked))),
      )
      expect(code.includes('retry(')).toBe(!name.includes('settings'))
    })
  })

  describe('by keyboard', () => {
    /** The place of the focus, and whether it shows. */
    const focus = (page: Page) =>
      page.evaluate(() => {
        const focused = document.activeElement as HTMLElement
        const shown =
          focused.id === 'prompt'
            ? focused.closest('.box')!
            : focused.matches('[type=radio]')
              ? focused.closest('label')!
              : focused
        const { outlineStyle, outlineWidth } = getComputedStyle(shown)
        const visible = outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0
        return {
          at: focused.id || (focused as HTMLInputElement).value || focused.textContent!.trim(),
          visible,
        }
      })

    it('goes through the page in the order in which it is read, and shows where it is', async () => {
      const page = await open()
      const stops: { at: string; visible: boolean }[] = []
      await page.focus('#clear')
      await page.keyboard.press('Shift+Tab')
      for (let stop = 0; stop < 17; stop++) {
        await page.keyboard.press('Tab')
        stops.push(await focus(page))
      }
      expect(stops.map(({ at }) => at)).toEqual([
        'clear',
        'model',
        'fault',
        'scroll',
        'How a river becomes wide',
        'A question to think about',
        'Two tools at once',
        'A trip as an object',
        'Overloaded twice, then well',
        'A stream that is cut',
        'prompt',
        'text',
        'adjust',
        'send',
        'tab-request',
        'copy',
        'view-request',
      ])
      expect(stops.filter(({ visible }) => !visible)).toEqual([])
    })

    it('asks, breaks a line, stops and asks again', async () => {
      const page = await open()
      expect((await focus(page)).at).toBe('prompt')
      await page.selectOption('#fault', 'silent')
      await page.keyboard.type('One line')
      await page.keyboard.press('Shift+Enter')
      await page.keyboard.type('and another')
      await page.keyboard.press('Enter')
      await partOfAnswer(page)
      expect(lastBody().messages[0]!.content).toBe('One line\nand another')
      await page.keyboard.type('Next')
      await page.keyboard.press('Enter')
      expect(await page.inputValue('#prompt')).toBe('Next')
      for (let stop = 0; stop < 3; stop++) await page.keyboard.press('Tab')
      expect(await focus(page)).toEqual({ at: 'stop', visible: true })
      await page.keyboard.press('Enter')
      await ended(page)
      expect(await page.locator('.answer .note').textContent()).toMatch(/^Stopped/)
      expect((await focus(page)).at).toBe('prompt')
      await page.selectOption('#fault', '')
      await page.keyboard.press('Enter')
      await ended(page)
      expect(lastBody().messages.at(-1)!.content).toBe('Next')
    })

    it('chooses a model, a fault and a way to answer, and tries again', async () => {
      const page = await open()
      await page.focus('#model')
      await page.keyboard.type('fake-large')
      expect(await page.inputValue('#model')).toBe('fake-large')
      await page.focus('#fault')
      await page.keyboard.type('Cut')
      expect(await page.inputValue('#fault')).toBe('cut')
      await page.focus('[name=mode]:checked')
      await page.keyboard.press('ArrowRight')
      expect(await page.isChecked('[value=tools]')).toBe(true)
      await page.keyboard.press('ArrowLeft')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      expect(await page.locator('#system').isVisible()).toBe(true)
      await page.keyboard.press('Enter')
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

    it('looks at the request, the events and the code', async () => {
      const page = await open()
      await ask(page)
      await ended(page)
      await page.focus('#tab-request')
      const look = async (key: string) => {
        await page.keyboard.press(key)
        return [(await focus(page)).at, await page.locator('.view:visible').getAttribute('id')]
      }
      expect(await look('ArrowRight')).toEqual(['tab-events', 'view-events'])
      expect(await look('ArrowRight')).toEqual(['tab-code', 'view-code'])
      expect(await look('ArrowRight')).toEqual(['tab-request', 'view-request'])
      expect(await look('ArrowLeft')).toEqual(['tab-code', 'view-code'])
      expect(await look('Home')).toEqual(['tab-request', 'view-request'])
      expect(await look('End')).toEqual(['tab-code', 'view-code'])
      await page.keyboard.press('Tab')
      await page.keyboard.press('Tab')
      expect(await focus(page)).toEqual({ at: 'view-code', visible: true })
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
      const isSmall = 'viewport' in options
      const barriers = async (view: string) =>
        (await findBarriers(page)).map(barrier => `${view}: ${barrier}`)
      expect(await barriers('welcome')).toEqual([])
      await suggest(page, 'Two tools at once')
      await page.locator('.answer').nth(1).waitFor()
      expect(await barriers('tools')).toEqual([])
      await ended(page)
      await page.click('#clear')
      await suggest(page, 'A question to think about')
      await ended(page)
      await page.click('.thinking summary')
      expect(await barriers('thinking')).toEqual([])
      await ask(page, { mode: 'Object', text: 'A_very_long_word_'.repeat(30) })
      await ended(page)
      await page.click('#adjust')
      expect(await barriers('settings')).toEqual([])
      await page.click('#adjust')
      await ask(page, { mode: 'Text', fault: 'overloaded' })
      await page.locator('.error').waitFor()
      expect(await barriers('error')).toEqual([])
      if (isSmall) await page.click('#inside')
      for (const tab of ['request', 'events', 'code']) {
        await page.click(`#tab-${tab}`)
        expect(await barriers(tab)).toEqual([])
      }
    })

    it('tells a screen reader whole sentences', async () => {
      const page = await open()
      await ask(page)
      await ended(page)
      const said = await page.locator('#announcer p').allTextContents()
      expect(said.join(' ')).toBe((await answers(page))[0])
      for (const sentence of said) expect(sentence).toMatch(/[.!?:"]$/)
    })

    it.each(['reduce', 'no-preference'] as const)('moves no more than is wanted: %s', async reducedMotion => {
      const page = await open({ reducedMotion })
      await ask(page, { fault: 'silent' })
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
