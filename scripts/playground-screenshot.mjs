// Writes docs/playground.png, the picture in the README: npm run build && node scripts/playground-screenshot.mjs

import { join } from 'node:path'
import { chromium } from 'playwright'
import { startFakeModel } from '../examples/playground/fake-model.mjs'
import { servePlayground } from '../examples/playground/serve.mjs'
import { launchOptions } from '../test/support/chromium.ts'

const model = await startFakeModel()
const playground = await servePlayground(model.bindings)
const browser = await chromium.launch(launchOptions)
const page = await browser.newPage({ viewport: { width: 1180, height: 860 }, reducedMotion: 'reduce' })

const ended = () => page.locator('#send').waitFor()

await page.goto(playground.url)
await page.locator('#model:enabled').waitFor()
await page.click('#tab-events')
await page.check('[value=tools]')
await page.fill('#prompt', 'What is the weather in Oslo?')
await page.press('#prompt', 'Enter')
await page.locator('.answer').nth(1).waitFor()
await ended()
await page.check('[value=text]')
await page.selectOption('#model', 'fake-large')
await page.selectOption('#fault', 'overloaded-twice')
await page.fill('#prompt', 'Tell me in a few sentences how a river becomes wide.')
await page.press('#prompt', 'Enter')
await page.waitForFunction(
  () => document.querySelector('.answer[aria-busy] .text')?.textContent.length > 200,
  undefined,
  { polling: 20 },
)
await page.screenshot({ path: join(import.meta.dirname, '../docs/playground.png') })

await browser.close()
await playground.close()
await model.server.close()
