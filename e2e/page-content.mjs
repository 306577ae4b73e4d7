import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

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
    const entry = exports ? entryOf(exports['.'] ?? exports) : module
    // Entries besides the root are mapped where they are one file for all.
    const others = Object.entries(exports ?? {}).filter(
      ([key, file]) => /^\.\//.test(key) && /^[^*]+\.m?js$/.test(file),
    )
    const files = entry ? [['.', entry], ...others] : []
    return files.map(([key, file]) => [join(name, key), join('/node_modules', name, file)])
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
  const { runSpec } = await import('/spec/index.mjs')
  const config = await (await fetch('/config' + location.search)).json()
  const results = await runSpec(api, config)
  await fetch('/results' + location.search, { method: 'POST', body: JSON.stringify(results) })
}
`

const MODULES = `
import * as api from 'llmfetch'
import * as openai from 'llmfetch/openai'
import * as responses from 'llmfetch/responses'
import { run } from '/run.mjs'
run({ ...api, openai, responses })
`

/** Tells whether the package could be loaded. */
const SEALED = `
const results = await import('llmfetch').then(api => typeof api.createClient, error => error.name)
fetch('/results' + location.search, { method: 'POST', body: JSON.stringify(results) })
`

/**
 * Asks a relay, leaves in mid answer by a reload, and reads the same answer by the key that it has kept: from its start, as the page
 * has nothing else. Sends what it saw before and after.
 */
const RELOAD = `
import { createClient, resume, streamChatCompletion, textStream } from 'llmfetch'

const { kept, engine } = await (await fetch('/config' + location.search)).json()
const name = 'reload' + location.search
const visit = JSON.parse(localStorage.getItem(name)) ?? { key: crypto.randomUUID(), loads: 0 }
visit.loads++
localStorage.setItem(name, JSON.stringify(visit))
const client = createClient({ baseUrl: kept + '/v1', apiKey: () => engine, fetch: resume()(fetch) })
const request = { model: 'fake-small', messages: [{ role: 'user', content: 'Why is the sky over Zürich blue? 🌍' }] }

let text = ''
try {
  for await (const piece of textStream(streamChatCompletion(client, request, { idempotencyKey: visit.key }))) {
    text += piece
    if (visit.before || text.length < 20) continue
    visit.before = text
    localStorage.setItem(name, JSON.stringify(visit))
    location.reload()
  }
} catch (error) {
  text = String(error)
}
if (visit.loads === 1) localStorage.setItem(name, JSON.stringify({ ...visit, end: text }))
else fetch('/results' + location.search, { method: 'POST', body: JSON.stringify({ ...visit, text }) })
`

/**
 * The pages of the npm project in `project`, with the policy of each, and the scripts on them: `cdnFile` is what is at `cdnUrl`, and
 * `services` are what else a page may talk to.
 */
export function makeContent({ project, cdnUrl, cdnFile, services }) {
  const connect = `connect-src 'self' ${services.join(' ')}`
  const cdn = new URL(cdnUrl).origin
  const mapped = (script, map, sources = '') => {
    const policy = `script-src 'self' ${sources} '${sha('sha256', map)}'; ${connect}`
    return page({ script, head: `<script type="importmap">${map}</script>`, policy })
  }
  const sealed = integrity => {
    const map = { imports: { llmfetch: cdnUrl }, integrity: { [cdnUrl]: integrity } }
    return mapped('/sealed.mjs', JSON.stringify(map), cdn)
  }
  const pages = {
    '/modules': mapped('/modules.mjs', importMap(project)),
    '/reload': mapped('/reload.mjs', importMap(project)),
    '/cdn': page({ script: '/cdn.mjs', policy: `script-src 'self' ${cdn}; ${connect}` }),
    '/sealed': sealed(sha('sha384', cdnFile)),
    '/tampered': sealed(sha('sha384', `${cdnFile} `)),
  }
  const scripts = {
    '/report.js': REPORT,
    '/run.mjs': RUN,
    '/modules.mjs': MODULES,
    '/cdn.mjs': `import * as api from '${cdnUrl}'; import { run } from '/run.mjs'; run(api)`,
    '/reload.mjs': RELOAD,
    '/sealed.mjs': SEALED,
  }
  return { pages, scripts }
}
