// Weighs one call and one stream with each client, bundled for browsers.

import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { toTable } from '../lib/document.mjs'
import { versionsOf } from '../lib/machine.mjs'
import { folder, root } from '../lib/paths.mjs'

async function measure(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: folder },
    alias: { llmfetch: join(root, 'dist/index.js') },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'error',
  })
  return `${(gzipSync(outputFiles[0].contents, { level: 9 }).length / 1000).toFixed(1)} kB`
}

/** The table of all clients' sizes. */
export async function measureSizes(clients) {
  const rows = clients.map(async client => {
    const { call, stream } = client.programs
    return [client.name, versionsOf(client), await measure(call), await measure(stream)]
  })
  const head = ['client', 'version', 'one call', 'one stream']
  return toTable(head, await Promise.all(rows), place => place > 1)
}
