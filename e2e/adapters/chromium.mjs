import { puppeteer } from './puppeteer.mjs'

export const chromium = puppeteer({
  name: 'Chromium',
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  install: 'apt-get install chromium, or set CHROMIUM',
  options: {
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  },
})
