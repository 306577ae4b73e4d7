// Measures what a user ships: every entry of .size-limit.json, by size-limit itself.
//
//   npm run sizes              prints the sizes and writes them into the README's tables, and llmfetch's own rows of the
//                              comparison, there, in docs/benchmarks.md and in its chart
//   npm run sizes -- --limits  also writes .size-limit.json anew: an entry an export, each limit just above the measure
//   npm run sizes -- --check   changes nothing, and fails when the README or the list of entries is out of date

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { measureOwnSizes, writeSizeChart } from '../bench/sizes.mjs'
import { writeFormatted } from './write-formatted.mjs'

const root = join(import.meta.dirname, '..')
const configFile = join(root, '.size-limit.json')
const readmeFile = join(root, 'README.md')
const cdnFile = 'dist/cdn/llmfetch.js'
const benchmarksFile = join(root, 'docs/benchmarks.md')

/** Bundles with a budget, in bytes. With `beyond`, the budget is for what is added to that bundle. */
const BUNDLES = [
  { names: ['createClient', 'createChatCompletion'], budget: 2200 },
  { names: ['createClient', 'streamChatCompletion'], budget: 4200 },
  { names: ['createClient', 'streamChatCompletion', 'retry', 'timeout'], budget: 5600 },
  { names: ['createClient', 'chat'], budget: 8500 },
  ...['createEmbedding', 'listModels', 'retrieveModel'].map(name => {
    const beyond = 'createClient + createChatCompletion'
    return { names: [...beyond.split(' + '), name], beyond, budget: 100 }
  }),
  { names: ['LLMClient'], budget: 17_000 },
]

const title = names => names.join(' + ')
const isErrorClass = name => /^[A-Z].*Error$/.test(name)
const kB = bytes => `${(bytes / 1000).toFixed(2)} kB`

function entry(name, names, limit) {
  return { name, path: 'dist/index.js', import: `{ ${names.join(', ')} }`, gzip: true, limit }
}

/** One entry a bundle and one an export, so that a new export cannot be forgotten. */
async function listEntries() {
  const exports = Object.keys(await import(join(root, 'dist/index.js'))).sort()
  const errors = exports.filter(isErrorClass)
  const bundles = BUNDLES.map(({ names }) => entry(title(names), names, '1 MB'))
  const singles = exports.filter(name => !bundles.some(bundle => bundle.name === name))
  return [
    ...bundles,
    ...singles.map(name => entry(name, [name], '1 MB')),
    entry('every error class', errors, '1 MB'),
    { name: cdnFile, path: cdnFile, import: '*', gzip: true, limit: '1 MB' },
  ]
}

function measure() {
  const bin = join(root, 'node_modules/size-limit/bin.js')
  const { stdout, stderr } = spawnSync(process.execPath, [bin, '--json'], { cwd: root, encoding: 'utf8' })
  try {
    return new Map(JSON.parse(stdout).map(({ name, size }) => [name, size]))
  } catch {
    throw new Error(`size-limit failed:\n${stdout}${stderr}`)
  }
}

function writeConfig(entries) {
  writeFormatted(configFile, JSON.stringify(entries))
}

function listsSame(present, entries) {
  const key = list => list.map(({ name, import: what }) => `${name} ${what}`).sort()
  return JSON.stringify(key(present)) === JSON.stringify(key(entries))
}

/** Just above the measure, so that growth is noticed. */
function limitFor(size) {
  return `${(Math.ceil(size / 50) / 20).toFixed(2)} kB`
}

/** How a bundle stands to its budget. */
function judge(name, sizes) {
  const bundle = BUNDLES.find(({ names }) => title(names) === name)
  if (!bundle) return { isOver: false, note: '' }
  const { budget, beyond } = bundle
  const counted = beyond ? sizes.get(name) - sizes.get(beyond) : sizes.get(name)
  const isOver = counted > budget
  const verdict = isOver ? `OVER by ${kB(counted - budget)}` : 'kept'
  return { isOver, note: `${beyond ? `adds ${kB(counted)}, ` : ''}budget ${kB(budget)}: ${verdict}` }
}

function report(sizes, { onlyOver }) {
  for (const [name, size] of sizes) {
    const { isOver, note } = judge(name, sizes)
    if (isOver || !onlyOver) console.log(`${kB(size).padStart(9)}  ${name.padEnd(60)} ${note}`.trimEnd())
  }
}

function updateTable(table, update) {
  return table.split('\n').map(update).join('\n')
}

/** The README with the measures in the last column of its tables, and what was wrong before. */
function updateReadme(readme, sizes) {
  const stale = []
  const wrong = []
  const listed = new Set()
  const updateRow = row => {
    const cells = row.split('|')
    const name = cells[1]?.replaceAll('`', '').trim()
    const size = sizes.get(name)
    if (size === undefined) {
      if (row.startsWith('| `'))
        wrong.push(`The README lists ${name}, which .size-limit.json does not measure`)
      return row
    }
    listed.add(name)
    const shown = cells.at(-2).trim()
    if (!(Math.abs(Number.parseFloat(shown) * 1000 - size) <= Math.max(size * 0.02, 10)))
      stale.push(`The README says "${shown}" for ${name}, which is ${kB(size)}: npm run sizes`)
    return [...cells.slice(0, -2), ` ${kB(size)} `, ''].join('|')
  }
  const updated = readme.replace(/<!-- sizes -->.*?<!-- \/sizes -->/gs, table =>
    updateTable(table, updateRow),
  )
  for (const name of sizes.keys())
    if (!listed.has(name) && !isErrorClass(name)) wrong.push(`The README does not list ${name}`)
  return { updated, stale, wrong }
}

/** A text with llmfetch's own rows in its comparison of clients as they are now, and which ones were out of date. */
function updateComparison(text, ownRows) {
  const stale = []
  const client = row => row.split('|')[1]?.trim()
  const updateRow = row => {
    const own = ownRows.find(one => client(one) === client(row)) ?? row
    const figures = line => line.match(/[\d.]+(?= kB)/g)?.map(Number) ?? []
    const now = figures(own)
    // Rounding alone makes a tenth.
    if (figures(row).some((shown, place) => Math.abs(shown - now[place]) > now[place] * 0.02 + 0.1))
      stale.push(`A comparison says "${row}", which is "${own}": npm run sizes`)
    return own
  }
  const updated = text.replace(/<!-- compare -->.*?<!-- \/compare -->/gs, table =>
    updateTable(table, updateRow),
  )
  return { updated, stale }
}

const options = new Set(process.argv.slice(2))
const problems = []
const wanted = await listEntries()
if (options.has('--limits')) writeConfig(wanted)
else if (!listsSame(JSON.parse(readFileSync(configFile, 'utf8')), wanted))
  problems.push('.size-limit.json does not list the exports as they are: npm run sizes -- --limits')
const sizes = measure()
if (options.has('--limits'))
  writeConfig(wanted.map(item => ({ ...item, limit: limitFor(sizes.get(item.name)) })))
report(sizes, { onlyOver: options.has('--check') })
const { updated, stale, wrong } = updateReadme(readFileSync(readmeFile, 'utf8'), sizes)
const ownRows = await measureOwnSizes()
const readme = updateComparison(updated, ownRows)
const benchmarks = updateComparison(readFileSync(benchmarksFile, 'utf8'), ownRows)
problems.push(...wrong)
if (options.has('--check')) problems.push(...stale, ...readme.stale, ...benchmarks.stale)
else {
  writeFormatted(readmeFile, readme.updated)
  writeFormatted(benchmarksFile, benchmarks.updated)
  writeSizeChart(benchmarks.updated)
}
for (const problem of problems) console.error(problem)
process.exitCode = problems.length ? 1 : 0
