// Serves the built site on loopback as GitHub Pages does: no `.html` in addresses, 404.html for what is not there.

import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { base, built } from '../paths.mjs'
import { findFile } from './links.mjs'

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.md': 'text/markdown; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
}

function answer({ url }, response) {
  const { pathname } = new URL(url, 'http://site')
  const file = pathname.startsWith(base) ? findFile(pathname.slice(base.length - 1)) : undefined
  const found = file ?? join(built, '404.html')
  response.writeHead(file ? 200 : 404, {
    'content-type': TYPES[extname(found)] ?? 'application/octet-stream',
  })
  createReadStream(found).pipe(response)
}

/** The site's address, and what ends it. */
export async function serve() {
  const server = createServer(answer)
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
