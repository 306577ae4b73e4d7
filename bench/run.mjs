// Runs a benchmark from whatever state a clone is in: node bench/run.mjs [speed|load|hostile|agents] [options]
// Installs the project's own packages and the clients measured beside it where they are missing, and builds.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { folder, root } from './lib/paths.mjs'

const BENCHMARKS = ['speed', 'load', 'hostile', 'agents']

/** npm's own variables would send an npm inside npm to the outer one's folder. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_(config_local|package)/.test(name)),
)

function run(command, args, cwd = root) {
  const { status } = spawnSync(command, args, { cwd, env, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

/** Checks that the clients are there, in the versions of package.json. */
function hasClients() {
  return Object.entries(readJson(join(folder, 'package.json')).dependencies).every(([name, version]) => {
    const manifest = join(folder, 'node_modules', name, 'package.json')
    return existsSync(manifest) && readJson(manifest).version === version
  })
}

const args = process.argv.slice(2)
const name = !args[0] || args[0].startsWith('-') ? 'speed' : args.shift()
if (!BENCHMARKS.includes(name)) {
  console.error(`There is no benchmark ${name}: ${BENCHMARKS.join(', ')}`)
  process.exit(1)
}
if (!existsSync(join(root, 'node_modules/.bin/tsdown'))) run('npm', ['ci', '--no-audit', '--no-fund'])
// A measurement needs nothing that clients run when they are installed.
if (!hasClients()) run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], folder)
run('npm', ['run', 'build', '--silent'])
// The project's own Node, whichever one began this.
run(join(root, 'node_modules/.bin/node'), [join(folder, `${name}.mjs`), ...args])
