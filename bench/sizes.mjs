// What one call and one stream weigh with each client, bundled for browsers. Only the peers' rows need the peers.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { loadClients } from './clients/index.mjs'
import { writeChart } from './lib/chart.mjs'
import { folder, root } from './lib/paths.mjs'

export const sizesHead = ['| client | version | one call | one stream |', '|---|---|---:|---:|']

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

/** The versions of a client's packages; the project's own for llmfetch, none for the loop by hand. */
export function versionsOf({ id, packages }) {
  if (id === 'bare') return '–'
  const manifests = packages.length ? packages.map(name => join(folder, 'node_modules', name)) : [root]
  const versions = manifests.map(at => JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')).version)
  return [...new Set(versions)].join(', ')
}

async function measureRow(client) {
  const { name, programs } = client
  return `| ${name} | ${versionsOf(client)} | ${await measure(programs.call)} | ${await measure(programs.stream)} |`
}

/** A row a client. */
export async function measureSizes(clients) {
  return Promise.all(clients.map(measureRow))
}

/** The rows of llmfetch, as it is built now. */
export async function measureOwnSizes() {
  return measureSizes(await loadClients(['llmfetch', 'llmfetch-policies', 'llm-client']))
}

/** Draws the comparison in a page as a chart. */
export function writeSizeChart(page) {
  const [table = ''] = /<!-- compare -->.*?<!-- \/compare -->/s.exec(page) ?? []
  const rows = table.split('\n').filter(row => row.includes(' kB '))
  const bars = rows.map(row => {
    const [, name, , call, stream] = row.split('|').map(cell => cell.trim())
    return { name, values: [Number.parseFloat(call), Number.parseFloat(stream)] }
  })
  writeChart(join(root, 'docs/sizes.svg'), {
    title: 'Bundle sizes, in kB: minified, gzipped, dependencies included',
    series: ['one call', 'one stream'],
    format: value => `${value.toFixed(1)} kB`,
    bars,
  })
}
