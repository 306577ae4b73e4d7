import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright'
import { launchOptions } from '../support/chromium.ts'

/** A page, and everything that a visitor's console would complain about. */
export interface WatchedPage {
  readonly page: Page
  readonly complaints: readonly string[]
  close(): Promise<void>
}

export function launchChromium(): Promise<Browser> {
  return chromium.launch(launchOptions)
}

/** Opens a page in a context of its own. Errors, warnings and what a content security policy blocks are complaints. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1180, height: 760 }, ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', error => complaints.push(String(error)))
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  await page.exposeFunction('complain', (text: string) => complaints.push(text))
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', event => {
      Reflect.get(globalThis, 'complain')(`${event.violatedDirective} blocked ${event.blockedURI}`)
    })
  })
  await page.goto(url)
  return { page, complaints, close: () => context.close() }
}
