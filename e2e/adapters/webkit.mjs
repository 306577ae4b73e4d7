import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync } from 'node:fs'
import { createServer } from 'node:net'
import { visitAll } from './browser.mjs'

const driver = '/usr/bin/WebKitWebDriver'
const [browser] = globSync('/usr/lib/*/webkit2gtk-4.*/MiniBrowser')
const missing = [driver, '/usr/bin/Xvfb', browser].some(file => !file || !existsSync(file))

async function startDisplay() {
  const args = ['-displayfd', '1', '-nolisten', 'tcp', '-screen', '0', '1024x768x24']
  const child = spawn('Xvfb', args, { stdio: ['ignore', 'pipe', 'ignore'] })
  const [number] = await once(child.stdout, 'data')
  return { child, name: `:${`${number}`.trim()}` }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  await new Promise(resolve => server.close(resolve))
  return port
}

/** Sends WebDriver commands, as soon as the driver listens. https://www.w3.org/TR/webdriver2/ */
function commander(port) {
  return async function command(method, path, body) {
    for (let tries = 0; ; tries++)
      try {
        const init = { method, ...(body && { body: JSON.stringify(body) }) }
        const { value } = await (await fetch(`http://127.0.0.1:${port}${path}`, init)).json()
        if (value?.error) throw new Error(`${value.error}: ${value.message}`)
        return value
      } catch (error) {
        if (error.cause?.code !== 'ECONNREFUSED' || tries > 100) throw error
        await new Promise(resolve => setTimeout(resolve, 100))
      }
  }
}

/** Starts a browser on a display of its own, hands it to `use`, and ends it. */
async function withSession(use) {
  const display = await startDisplay()
  const port = await freePort()
  // Its sandbox needs namespaces, which containers mostly lack.
  const env = { ...process.env, DISPLAY: display.name, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' }
  const child = spawn(driver, [`--port=${port}`], { env, stdio: 'ignore' })
  const command = commander(port)
  try {
    const options = { binary: browser, args: ['--automation'] }
    const { sessionId, capabilities } = await command('POST', '/session', {
      capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': options } },
    })
    const path = `/session/${sessionId}`
    try {
      return await use({ capabilities, go: url => command('POST', `${path}/url`, { url }) })
    } finally {
      await command('DELETE', path)
    }
  } finally {
    child.kill()
    display.child.kill()
  }
}

export const webkit = {
  name: 'WebKit',

  async find() {
    if (missing) return { missing: 'apt-get install webkit2gtk-driver xvfb' }
    return { version: await withSession(({ capabilities }) => capabilities.browserVersion) }
  },

  run: ({ pages, kept, id }) => withSession(({ go }) => visitAll({ pages, kept, engine: id, go })),
}
