// Runs every test, in Node, workerd and Chromium. Arguments go to vitest: npm test -- test/stream --project node

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

const root = join(import.meta.dirname, '..')
const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** npm puts the project's own Node first on the PATH; who runs this file by hand may have another. */
function findNode() {
  const own = join(root, 'node_modules/.bin/node')
  return existsSync(own) ? own : process.execPath
}

function box(lines) {
  const width = Math.max(...lines.map(line => line.length))
  const edge = '='.repeat(width + 4)
  return [edge, ...lines.map(line => `| ${line.padEnd(width)} |`), edge].join('\n')
}

function warnOfMissingBrowser() {
  const required = process.env.CI === 'true'
  const lines = [
    required ? 'ERROR: there is no Chromium to test in.' : 'SKIPPED: no test runs in Chromium.',
    '',
    `Looked for it at ${chromium}.`,
    'Debian and Ubuntu: apt-get install chromium',
    'Elsewhere: set CHROMIUM to the path of any Chromium or Chrome.',
    '',
    required ? 'CI=true: this counts as a failure.' : 'Node and workerd are tested all the same.',
  ]
  console.error(`\n${box(lines)}\n`)
  return required
}

const hasBrowser = existsSync(chromium)
if (!hasBrowser && warnOfMissingBrowser()) process.exit(1)

const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const { status, signal } = spawnSync(findNode(), [vitest, 'run', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
})
// Once more: by now the first notice has scrolled away.
if (!hasBrowser) warnOfMissingBrowser()
if (signal) console.error(`vitest was ended by ${signal}`)
process.exitCode = status ?? 1
