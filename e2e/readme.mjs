import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFormatted } from '../scripts/write-formatted.mjs'

const file = join(import.meta.dirname, '../README.md')
const pattern = /<!-- engines -->.*<!-- \/engines -->/s

const NOTES = {
  Node: 'installed by `npm`',
  Deno: 'installed by `deno add`, run with leave to use the network only',
  Bun: 'installed by `bun add`',
  workerd: 'the runtime of Cloudflare Workers, bundled by esbuild',
  Chromium: 'unbundled, and as the file for CDNs, under a strict Content-Security-Policy',
  Firefox: 'the same',
  WebKit: 'the same, in WebKitGTK: the engine of Safari',
}

/** What says something of compatibility, the versions aside. */
function essence(table) {
  return table.split('\n').map(row =>
    row
      .split('|')
      .filter((_, column) => column !== 2)
      .join('|')
      .replace(/\s+|-+/g, ' '),
  )
}

/** Two numbers of a version say enough. */
function short(version) {
  return /^\d+(\.\d+)?/.exec(version)?.[0] ?? '-'
}

/** Writes the table of engines, a row for each that was tried. Returns whether it said something else before. */
export function updateReadme(rows) {
  const lines = rows.map(({ name, version, passed, failed, missing }) => {
    const outcome = missing ? 'not tried' : failed ? `${failed} of ${passed + failed} FAIL` : `${passed} pass`
    return `| ${name} | ${short(version)} | ${outcome} | ${NOTES[name]} |`
  })
  const table = ['| runs in | tried with | tests | how |', '|---|---|---|---|', ...lines].join('\n')
  const readme = readFileSync(file, 'utf8')
  const before = pattern.exec(readme)?.[0]
  if (before === undefined) throw new Error('README.md has no <!-- engines --> to write to')
  writeFormatted(
    file,
    readme.replace(pattern, () => `<!-- engines -->\n${table}\n<!-- /engines -->`),
  )
  const after = pattern.exec(readFileSync(file, 'utf8'))[0]
  return JSON.stringify(essence(before)) !== JSON.stringify(essence(after))
}
