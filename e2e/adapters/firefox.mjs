import { puppeteer } from './puppeteer.mjs'

export const firefox = puppeteer({
  name: 'Firefox',
  executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
  install: 'apt-get install firefox-esr, or set FIREFOX',
  options: { browser: 'firefox' },
})
