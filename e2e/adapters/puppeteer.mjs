import { existsSync } from 'node:fs'
import { FROM_NPM } from '../project.mjs'
import { visitAll } from './browser.mjs'

/** A browser that puppeteer drives: a program of the machine, and how to start it. */
export function puppeteer({ name, executablePath, install, options }) {
  const launch = async () =>
    (await import('puppeteer-core')).launch({ executablePath, headless: true, ...options })
  return {
    name,

    async find() {
      if (!existsSync(executablePath)) return { missing: install }
      try {
        await import('puppeteer-core')
      } catch {
        return { missing: FROM_NPM }
      }
      const browser = await launch()
      const version = /[\d.]+/.exec(await browser.version())[0]
      await browser.close()
      return { version }
    },

    async run({ pages, kept, id }) {
      const browser = await launch()
      try {
        const page = await browser.newPage()
        return await visitAll({ pages, kept, engine: id, go: url => page.goto(url) })
      } finally {
        await browser.close()
      }
    },
  }
}
