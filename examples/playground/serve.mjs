// The playground on this machine: its Worker, and the files of the page.

import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { bundleWorker, runWorker } from './run-worker.mjs'

const root = join(import.meta.dirname, '../..')

/** What the page may load, by the first segment of the path. The modules are served as they are installed: nothing is bundled. */
const folders = {
  page: join(import.meta.dirname, 'page'),
  llmfetch: join(root, 'dist'),
  valibot: join(root, 'node_modules/valibot/dist'),
  'eventsource-parser': join(root, 'node_modules/eventsource-parser/dist'),
  ofetch: join(root, 'node_modules/ofetch/dist'),
  destr: join(root, 'node_modules/destr/dist'),
  ufo: join(root, 'node_modules/ufo/dist'),
}
const types = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** The files of the page, as the binding ASSETS of a deployed Worker has them. */
async function assets(request) {
  const { pathname } = new URL(request.url)
  const [, folder, rest] = /^\/([^/]+)\/(.+)$/.exec(pathname === '/' ? '/page/index.html' : pathname) ?? []
  const type = types[extname(rest ?? '')]
  try {
    if (!Object.hasOwn(folders, folder) || !type) throw new Error('Not an asset')
    // The URL's own parser has resolved every `..`, so the path stays in its folder.
    const file = await readFile(join(folders[folder], rest))
    return new Response(file, { headers: { 'content-type': type, 'cache-control': 'no-cache' } })
  } catch {
    return new Response('Not found', { status: 404, headers: { 'content-type': 'text/plain' } })
  }
}

/**
 * Serves the playground.
 *
 * @param bindings the Worker's variables and secrets: see settings.mjs
 * @param port 0 is any free one
 */
export async function servePlayground(bindings, port = 0) {
  const script = await bundleWorker(join(import.meta.dirname, 'worker.mjs'))
  return runWorker(script, { bindings, services: { ASSETS: assets }, port })
}
