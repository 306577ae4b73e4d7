// Goes through the site as a reader does, in the system's Chromium, wide and narrow, light and dark.

import { createRequire } from 'node:module'
import { chromium } from 'playwright'
import { launchOptions } from '../../test/support/chromium.ts'
import { base } from '../paths.mjs'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** One of each kind. */
const PAGES = [
  '',
  'overview',
  'try',
  'docs/',
  'docs/errors',
  'docs/streaming',
  'docs/benchmarks',
  'api/',
  'api/llmfetch/',
  'api/llmfetch/functions/retry',
  'api/llmfetch/interfaces/ClientConfig',
  'api/llmfetch/openai/audio/',
]
const VIEWS = [
  [1200, 'light'],
  [390, 'dark'],
]

/** Counts what holds, and keeps what does not. */
class Checks {
  passed = 0
  problems = []

  hold(condition, problem) {
    if (condition) this.passed += 1
    else this.problems.push(problem)
  }
}

async function openPage(browser, checks, width, colorScheme) {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
  page.setDefaultTimeout(20_000)
  const where = () => `${new URL(page.url()).pathname} at ${width}, ${colorScheme}`
  page.on('console', message => {
    if (message.type() === 'error') checks.problems.push(`${where()}: the console has ${message.text()}`)
  })
  page.on('pageerror', error => checks.problems.push(`${where()}: ${error}`))
  page.on('requestfailed', request => {
    // What a page fetches ahead ends with it.
    const { errorText } = request.failure()
    if (errorText !== 'net::ERR_ABORTED') checks.problems.push(`${where()}: ${request.url()}: ${errorText}`)
  })
  page.on('response', response => {
    if (response.status() >= 400)
      checks.problems.push(`${where()}: ${response.status()} of ${response.url()}`)
  })
  return { page, where }
}

/** No page is wider than the screen, and axe finds nothing serious in it. */
async function checkPage(checks, page, where) {
  const beyond = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    return scrollWidth - clientWidth
  })
  checks.hold(beyond <= 0, `${where()}: ${beyond} pixels too wide`)
  await page.addScriptTag({ path: axe })
  const { violations } = await page.evaluate(() => globalThis.axe.run())
  const grave = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))
  const told = grave.map(
    ({ id, nodes }) => `${id} in ${nodes.map(({ target }) => target.join(' ')).slice(0, 3)}`,
  )
  checks.hold(grave.length === 0, `${where()}: axe finds ${told.join('; ')}`)
}

async function checkSearch(checks, page) {
  await page.keyboard.press('Control+k')
  await page.locator('#localsearch-input').fill('IncompleteStreamError')
  const results = page.locator('#localsearch-list [role=option]')
  await results.first().waitFor()
  checks.hold((await results.count()) > 1, 'search finds one result at most')
  await page.keyboard.press('Enter')
  await page.locator('#localsearch-input').waitFor({ state: 'detached' })
  await page.locator('main :text("IncompleteStreamError")').first().waitFor()
  checks.hold(true, '')
}

async function checkDarkMode(checks, page) {
  const isDark = () => page.evaluate(() => document.documentElement.classList.contains('dark'))
  const before = await isDark()
  await page.getByRole('button', { name: 'extra navigation' }).click()
  await page.locator('.VPNavBarExtra .VPSwitchAppearance').click()
  checks.hold((await isDark()) !== before, 'the switch does not change the colours')
  await page.reload()
  checks.hold((await isDark()) !== before, 'the colours are forgotten by the next page')
}

/** By the keyboard alone: an answer to its end, one that is stopped, and one that breaks. */
async function checkExample(checks, page) {
  const example = page.getByRole('form', { name: 'Live example' })
  const question = example.getByLabel('Question')
  const answer = example.getByRole('region', { name: 'Answer' })
  const status = example.getByRole('status')
  const text = async () => (await answer.textContent())?.trim() ?? ''

  await question.fill('Why is the sea salty?')
  await page.keyboard.press('Enter')
  await example.locator('[aria-busy=true]').waitFor()
  await page.waitForFunction(() => document.querySelector('.live-example .answer').textContent.length > 20)
  const early = await text()
  await status.getByText('Complete').waitFor()
  const whole = await text()
  checks.hold(whole.startsWith(early) && whole.length > early.length, 'the answer does not come bit by bit')
  checks.hold(/sea|salty/.test(whole), `the answer is no answer: ${whole}`)

  await question.press('Enter')
  await page.waitForFunction(() => document.querySelector('.live-example .answer').textContent.length > 20)
  const stop = example.getByRole('button', { name: 'Stop' })
  await stop.focus()
  await page.keyboard.press('Enter')
  await status.getByText('Stopped').waitFor()
  const stopped = await text()
  checks.hold(stopped && whole.startsWith(stopped) && stopped.length < whole.length, 'Stop does not stop')
  checks.hold(await stop.evaluate(button => button === document.activeElement), 'Stop loses the focus')

  await example.getByLabel('Let the connection break').focus()
  await page.keyboard.press('Space')
  await question.press('Enter')
  await status.getByText('IncompleteStreamError').waitFor()
  const broken = await text()
  checks.hold(broken && whole.startsWith(broken) && broken.length < whole.length, 'what had arrived is gone')
}

/** How many things hold, and those that do not. */
export async function browse(origin) {
  const checks = new Checks()
  const browser = await chromium.launch(launchOptions)
  try {
    for (const [width, colorScheme] of VIEWS) {
      const { page, where } = await openPage(browser, checks, width, colorScheme)
      for (const path of PAGES) {
        await page.goto(origin + base + path)
        await checkPage(checks, page, where)
      }
      await page.goto(`${origin + base}try`)
      await checkExample(checks, page)
      await checkSearch(checks, page)
      if (width > 1000) await checkDarkMode(checks, page)
      await page.close()
    }
  } finally {
    await browser.close()
  }
  return checks
}
