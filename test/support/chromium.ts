import { existsSync } from 'node:fs'

/** Debian's Chromium, or the one that CHROMIUM names. */
const executablePath: string = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** `npm test` says so when it is not there, and fails then where CI is true. */
export const hasChromium: boolean = existsSync(executablePath)

/** For Playwright. As root Chromium has no sandbox, and it must not look for a network. */
export const launchOptions: { readonly executablePath: string; readonly args: string[] } = {
  executablePath,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    // Some tests hold what is dropped against what becomes of it.
    '--js-flags=--expose-gc',
  ],
}
