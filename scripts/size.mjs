// What the built package costs its users. Prints each figure, and fails where one is over its limit:
//
//   npm run size
//
// .size-limit.json has the limits of bundles. The others stand here, as size-limit measures nothing but one bundle.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { sizeAdded } from './costs/bundle.mjs'
import { countDeclarations } from './costs/declarations.mjs'
import { measureEndpoint } from './costs/endpoint.mjs'
import { measureImport } from './costs/import.mjs'
import { root } from './costs/root.mjs'

const MAX_ENDPOINT_BYTES = 70
const MAX_OTEL_BYTES = 2750
const MAX_DECLARATION_LINES = 2500
const MAX_IMPORT_RATIO = 5.5

const kB = bytes => `${(bytes / 1000).toFixed(2)} kB`

function report(isKept, text) {
  console.log(`${isKept ? 'kept' : 'OVER'}: ${text}`)
  if (!isKept) process.exitCode = 1
}

function measureBundles() {
  const bin = join(root, 'node_modules/size-limit/bin.js')
  const { stdout, stderr } = spawnSync(process.execPath, [bin, '--json'], { cwd: root, encoding: 'utf8' })
  try {
    return JSON.parse(stdout)
  } catch {
    throw new Error(`size-limit failed:\n${stdout}${stderr}`)
  }
}

/** The README names the sizes of the first two bundles, which were written by hand and may be off by the rounding. */
function checkReadme(bundles) {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const shown = [...readme.matchAll(/(\d+\.\d) kB for a (?:call|stream)/g)].map(([, figure]) => figure)
  const measured = bundles.slice(0, 2).map(({ size }) => (size / 1000).toFixed(1))
  const isTrue = shown.every((figure, index) => Math.abs(figure - measured[index]) < 0.15)
  if (shown.length === 2 && isTrue) return
  console.error(
    `README.md says ${shown.join(' and ')} kB of a call and a stream, which are ${measured.join(' and ')} kB`,
  )
  process.exitCode = 1
}

const bundles = measureBundles()
for (const { name, size, sizeLimit, passed } of bundles)
  report(passed, `${name} is ${kB(size)}, at most ${kB(sizeLimit)}`)
checkReadme(bundles)

const bytes = await measureEndpoint()
report(
  bytes <= MAX_ENDPOINT_BYTES,
  `a further endpoint function adds ${bytes.toFixed(0)} B, at most ${MAX_ENDPOINT_BYTES} B`,
)

const added = await sizeAdded(
  `export { otel } from 'llmfetch/otel'`,
  `export { createClient, createChatCompletion, retry, timeout } from 'llmfetch'`,
)
report(
  added <= MAX_OTEL_BYTES,
  `otel adds ${kB(added)} to createClient + createChatCompletion + retry + timeout, at most ${kB(MAX_OTEL_BYTES)}`,
)

const lines = countDeclarations()
report(
  lines <= MAX_DECLARATION_LINES,
  `a program that imports the root reads ${lines} lines of declarations, at most ${MAX_DECLARATION_LINES}`,
)

let { ratio, ms } = measureImport()
// Noise does not repeat itself.
if (ratio > MAX_IMPORT_RATIO) ({ ratio, ms } = measureImport())
report(
  ratio <= MAX_IMPORT_RATIO,
  `import('llmfetch') takes ${ratio.toFixed(1)} × the CPU of eventsource-parser (${ms.toFixed(0)} ms), at most ${MAX_IMPORT_RATIO} ×`,
)
