// The documentation's site, from whatever state a clone is in:
//
//   npm run docs                  builds it into site/.vitepress/dist
//   npm run docs -- --check       builds it, follows its links and goes through it in Chromium
//   npm run docs -- --dev         serves it while you write
//
// SITE_BASE=/llmfetch/ is for a site below the root of its host. Installs the packages that are missing.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

const folder = import.meta.dirname
const root = join(folder, '..')
/** The project's own Node, whichever one began this. */
const node = join(root, 'node_modules/.bin/node')

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

/** Checks that the site's packages are there, in the versions of package.json. */
function hasPackages() {
  return Object.entries(readJson(join(folder, 'package.json')).dependencies).every(([name, version]) => {
    const manifest = join(folder, 'node_modules', name, 'package.json')
    return existsSync(manifest) && readJson(manifest).version === version
  })
}

const [option] = process.argv.slice(2)
if (option && !['--check', '--dev'].includes(option)) {
  console.error(`There is no option ${option}: --check, --dev`)
  process.exit(1)
}
if (!existsSync(node)) run('npm', ['ci', '--no-audit', '--no-fund'])
if (!hasPackages()) run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], folder)
run(node, [join(folder, 'build.mjs'), ...(option === '--dev' ? ['--dev'] : [])])
if (option === '--check') run(node, [join(folder, 'check/index.mjs')])
