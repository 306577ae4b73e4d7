// Tries the packed package in every engine that this machine has:
//
//   npm run e2e                       prints a line a test and a table of the engines
//   npm run e2e -- Deno WebKit        only these
//   npm run e2e -- --readme           also writes the README's table
//   npm run e2e -- --output=FILE      also writes how many tests passed and failed, as JSON
//
// With CI=true a missing engine is a failure, and so is a README whose table says something else, its versions aside.

import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { bun } from './adapters/bun.mjs'
import { bundlers } from './adapters/bundlers.mjs'
import { chromium } from './adapters/chromium.mjs'
import { deno } from './adapters/deno.mjs'
import { firefox } from './adapters/firefox.mjs'
import { node } from './adapters/node.mjs'
import { webkit } from './adapters/webkit.mjs'
import { workerd } from './adapters/workerd.mjs'
import { openGround } from './ground.mjs'
import { FROM_NPM } from './project.mjs'
import { updateReadme } from './readme.mjs'
import { tests } from './spec/index.mjs'

const engines = [node(22), node(24), node(26), deno, bun, workerd, chromium, firefox, webkit, bundlers]
const isCI = process.env.CI === 'true'

/** An engine's results, with a failure for each test of the spec that it has not run. */
async function tryEngine(engine, context) {
  try {
    const results = await engine.run(context)
    const ran = new Set(results.map(({ name }) => name))
    const forgotten = engine.runsSpec === false ? [] : Object.keys(tests).filter(name => !ran.has(name))
    return [...results, ...forgotten.map(name => ({ name, error: 'It did not run.' }))]
  } catch (error) {
    return [{ name: 'the engine', error: `${error.stack}` }]
  }
}

function print({ name, error, figure, ms = 0 }) {
  const detail = [figure, ms >= 100 && `${ms} ms`].filter(Boolean).join(', ')
  console.log(`  ${error ? '✗' : '✓'} ${name}${detail && ` (${detail})`}`)
  if (error) console.log(error.replace(/^/gm, '      '))
}

async function report(engine, ground) {
  const { name } = engine
  const { version = 'that does not start', missing, error } = await engine.find().catch(error => ({ error }))
  if (missing) {
    console.log(`\n=== ${name}: ${isCI ? 'MISSING' : 'SKIPPED'}, not found. To have it: ${missing} ===`)
    return { engine, name, missing, passed: 0, failed: isCI ? 1 : 0 }
  }
  console.log(`\n=== ${name} ${version} ===`)
  const id = `${name}-${version}`.replace(/[^\w.-]+/g, '-')
  const context = { ...ground, id, config: { ...ground.config, engine: id } }
  const results = error ? [{ name: 'start', error: error.stack }] : await tryEngine(engine, context)
  results.forEach(print)
  const failed = results.filter(({ error }) => error).length
  return { engine, name, version, failed, passed: results.length - failed }
}

function printTable(rows) {
  const line = (...cells) => console.log(cells.map(cell => `${cell}`.padEnd(10)).join(''))
  console.log()
  line('engine', 'passed', 'failed', 'version')
  for (const { name, version, missing, passed, failed } of rows)
    line(name, missing ? '-' : passed, missing && !failed ? '-' : failed, version ?? 'not found')
}

const { values: options, positionals } = parseArgs({
  options: { readme: { type: 'boolean' }, output: { type: 'string' } },
  allowPositionals: true,
})
const wanted = positionals.map(name => name.toLowerCase())
const chosen = engines.filter(({ name }) => !wanted.length || wanted.includes(name.toLowerCase()))
if (!chosen.length) throw new Error(`There are: ${engines.map(({ name }) => name).join(', ')}`)

if (options.readme && wanted.length) throw new Error('The table of the README is of every engine')
// Further up there may be another version of some of them.
if (!existsSync(join(import.meta.dirname, 'node_modules'))) {
  console.error(`The engines are not installed: ${FROM_NPM}`)
  process.exit(1)
}
const folder = await mkdtemp(join(tmpdir(), 'llmfetch-e2e-'))
const rows = []
let ground
try {
  ground = await openGround(folder)
  for (const engine of chosen) rows.push(await report(engine, ground))
} finally {
  await ground?.close()
  await rm(folder, { recursive: true })
}
printTable(rows)
const sum = key => rows.reduce((total, row) => total + row[key], 0)
let failed = sum('failed')
if (options.readme) {
  const differs = updateReadme(rows.filter(({ engine }) => engine.runsSpec !== false))
  if (differs && isCI) {
    console.error('The table of the README said something else.')
    failed++
  }
}
console.log(`\nend to end: ${sum('passed')} passed, ${failed} failed`)
if (options.output)
  await writeFile(options.output, JSON.stringify({ numPassedTests: sum('passed'), numFailedTests: failed }))
process.exitCode = failed ? 1 : 0
