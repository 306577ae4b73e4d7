// Serves the installed package to browsers, file by file, on pages whose Content-Security-Policy forbids all that is not needed.

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { listen, stop, urlOf } from './lab.mjs'

const TYPES = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.html': 'text/html; charset=utf-8' }
const CONDITIONS = ['browser', 'import', 'default']

const sha = (algorithm, text) => `${algorithm}-${createHash(algorithm).update(text).digest('base64')}`

/** The file that a browser gets of a package's `exports`, by the rules of Node's resolution. */
function entryOf(exported) {
  if (typeof exported === 'string') return exported
  const key = Object.keys(exported).find(key => key === '.' || CONDITIONS.includes(key))
  return entryOf(exported[key])
}

function importMap(project) {
  const folder = join(project, 'node_modules')
  const names = readdirSync(folder).filter(name => existsSync(join(folder, name, 'package.json')))
  const imports = names.flatMap(name => {
    const { exports, module } = JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8'))
    const entry = exports ? entryOf(exports) : module
    return entry ? [[name, join('/node_modules', name, entry)]] : []
  })
  return JSON.stringify({ imports: Object.fromEntries(imports) })
}

/** A page that runs `script`, and may do nothing but that and what `policy` adds. */
function page({ script, head = '', policy }) {
  const html = `<!DOCTYPE html><html><head><meta charset="utf-8"><title>llmfetch</title>
<script src="/report.js"></script>${head}<script type="module" src="${script}"></script></head></html>`
  return {
    html,
    policy: `default-src 'none'; base-uri 'none'; require-trusted-types-for 'script'; ${policy}`,
  }
}

/** Sends what goes wrong on a page, where nobody looks at its console. Classic, to be there before any module. */
const REPORT = `
const report = text => fetch('/failed' + location.search, { method: 'POST', body: text })
addEventListener('error', e => report('error: ' + (e.message || 'of loading ' + (e.target.src || e.target.href))), true)
addEventListener('unhandledrejection', e => report('unhandled: ' + (e.reason?.stack || e.reason)))
// Some browsers ask for an icon by themselves.
document.addEventListener('securitypolicyviolation', e => /favicon/.test(e.blockedURI) || report('CSP: ' + e.violatedDirective + ' ' + e.blockedURI))
`

const RUN = `
export async function run(api) {
  const { runSpec } = await import('/spec.mjs')
  const config = await (await fetch('/config' + location.search)).json()
  const results = await runSpec(api, config)
  await fetch('/results' + location.search, { method: 'POST', body: JSON.stringify(results) })
}
`

/**
 * Serves pages of the npm project in `project`. `open(path, config)` returns `{ url, results }`: the address to open in a browser, and
 * a promise of what the page there sends back.
 */
export async function startPages(project, { lab, relay }) {
  const visits = []
  const map = importMap(project)
  const cdnFile = readFileSync(join(project, 'node_modules/llmfetch/dist/cdn/llmfetch.js'))
  const cdn = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/javascript', 'access-control-allow-origin': '*' })
    response.end(cdnFile)
  })
  await listen(cdn)
  const cdnUrl = `${urlOf(cdn)}/llmfetch.js`
  const connect = `connect-src 'self' ${lab} ${relay}`
  const sealed = integrity => {
    const map = JSON.stringify({ imports: { llmfetch: cdnUrl }, integrity: { [cdnUrl]: integrity } })
    const policy = `script-src 'self' ${urlOf(cdn)} '${sha('sha256', map)}'; ${connect}`
    return page({ script: '/sealed.mjs', head: `<script type="importmap">${map}</script>`, policy })
  }
  const pages = {
    '/modules': page({
      script: '/modules.mjs',
      head: `<script type="importmap">${map}</script>`,
      policy: `script-src 'self' '${sha('sha256', map)}'; ${connect}`,
    }),
    '/cdn': page({ script: '/cdn.mjs', policy: `script-src 'self' ${urlOf(cdn)}; ${connect}` }),
    '/sealed': sealed(sha('sha384', cdnFile)),
    '/tampered': sealed(sha('sha384', `${cdnFile} `)),
  }
  const scripts = {
    '/report.js': REPORT,
    '/run.mjs': RUN,
    '/spec.mjs': readFileSync(join(import.meta.dirname, 'spec.mjs')),
    '/modules.mjs': "import * as api from 'llmfetch'; import { run } from '/run.mjs'; run(api)",
    '/cdn.mjs': `import * as api from '${cdnUrl}'; import { run } from '/run.mjs'; run(api)`,
    '/sealed.mjs': `const loaded = await import('llmfetch').then(api => typeof api.createClient, error => error.name)
      fetch('/results' + location.search, { method: 'POST', body: JSON.stringify(loaded) })`,
  }
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://pages')
    const visit = visits[searchParams.get('visit')]
    const send = (body, type, headers = {}) =>
      response.writeHead(200, { 'content-type': type, ...headers }).end(body)
    if (request.method === 'POST') {
      let body = ''
      for await (const piece of request.setEncoding('utf8')) body += piece
      if (pathname === '/results') visit.resolve(JSON.parse(body))
      else visit.failures.push(body)
      send('', 'text/plain')
    } else if (pages[pathname])
      send(pages[pathname].html, TYPES['.html'], { 'content-security-policy': pages[pathname].policy })
    else if (scripts[pathname]) send(scripts[pathname], TYPES['.js'])
    else if (pathname === '/config') send(JSON.stringify(visit.config), 'application/json')
    else {
      const file = join(project, normalize(pathname))
      if (pathname.startsWith('/node_modules/') && TYPES[extname(file)] && existsSync(file))
        send(readFileSync(file), TYPES[extname(file)])
      else response.writeHead(404).end()
    }
  })
  await listen(server)
  return {
    open(path, config) {
      const visit = { config: { lab, relay, isPage: true, ...config }, failures: [] }
      const results = new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`${path} sent nothing. ${visit.failures.join('\n')}`)),
          120_000,
        )
        visit.resolve = results => {
          clearTimeout(timer)
          resolve({ results, failures: visit.failures })
        }
      })
      return { url: `${urlOf(server)}${path}?visit=${visits.push(visit) - 1}`, results }
    },
    close: () => Promise.all([stop(server), stop(cdn)]),
  }
}
