// Serves the installed package to browsers, file by file, on pages whose Content-Security-Policy forbids all that is not needed.

import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { listen, stop, urlOf } from './lab.mjs'
import { makeContent } from './page-content.mjs'

const TYPES = { '.js': 'text/javascript', '.mjs': 'text/javascript' }

/** Another origin, as a CDN is. */
async function startCdn(file) {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/javascript', 'access-control-allow-origin': '*' })
    response.end(file)
  })
  await listen(server)
  return server
}

/** One opening of a page: what to tell it, and what it sends back. */
function createVisit(path, config) {
  const visit = { config, failures: [] }
  visit.results = new Promise((resolve, reject) => {
    const giveUp = () => reject(new Error(`${path} sent nothing. ${visit.failures.join('\n')}`))
    const timer = setTimeout(giveUp, 120_000)
    visit.resolve = results => {
      clearTimeout(timer)
      resolve({ results, failures: visit.failures })
    }
  })
  return visit
}

async function receive(request, pathname, visit) {
  let body = ''
  for await (const piece of request.setEncoding('utf8')) body += piece
  if (pathname === '/results') visit.resolve(JSON.parse(body))
  else visit.failures.push(body)
}

/**
 * Serves pages of the npm project in `project`. `open(path, config)` returns `{ url, results }`: the address to open in a browser, and
 * a promise of what the page there sends back.
 */
export async function startPages(project, { lab, relay, kept }) {
  const visits = []
  const cdnFile = readFileSync(join(project, 'node_modules/llmfetch/dist/cdn/llmfetch.js'))
  const cdn = await startCdn(cdnFile)
  const cdnUrl = `${urlOf(cdn)}/llmfetch.js`
  const { pages, scripts } = makeContent({ project, cdnUrl, cdnFile, services: [lab, relay, kept] })
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://pages')
    const visit = visits[searchParams.get('visit')]
    const send = (body, type, headers = {}) =>
      response.writeHead(200, { 'content-type': type, ...headers }).end(body)
    const file = join(project, normalize(pathname))
    const type = TYPES[extname(pathname)]
    if (request.method === 'POST') {
      await receive(request, pathname, visit)
      send('', 'text/plain')
    } else if (pages[pathname]) {
      const { html, policy } = pages[pathname]
      send(html, 'text/html; charset=utf-8', { 'content-security-policy': policy })
    } else if (scripts[pathname]) send(scripts[pathname], type)
    else if (pathname === '/config') send(JSON.stringify(visit.config), 'application/json')
    else if (/^\/(node_modules|spec)\//.test(pathname) && type && existsSync(file))
      send(readFileSync(file), type)
    else response.writeHead(404).end()
  })
  await listen(server)
  return {
    open(path, config) {
      const visit = createVisit(path, { lab, relay, kept, isPage: true, ...config })
      return { url: `${urlOf(server)}${path}?visit=${visits.push(visit) - 1}`, results: visit.results }
    },
    close: () => Promise.all([stop(server), stop(cdn)]),
  }
}
