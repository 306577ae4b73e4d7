// Makes the next version of what the changesets tell, and its section of CHANGELOG.md:
//
//   npm run version-packages              the version that the changesets ask for
//   npm run version-packages -- --as-is   the one that package.json has: for the first release
//   npm run version-packages -- --check   changes nothing, and fails for a changeset that is not of the form
//
// Lines under [Unreleased] go into the section too.

import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { readChangeset, release } from './changelog.mjs'

/** Other files that hold the version: where, and how often. */
const COPIES = [
  { file: 'package-lock.json', times: 2 },
  { file: 'jsr.json', times: 1 },
]

function readVersion() {
  return JSON.parse(readFileSync('package.json', 'utf8')).version
}

function bump() {
  const { status } = spawnSync('changeset', ['version'], { stdio: 'inherit' })
  if (status) throw new Error('changeset version failed')
}

/** The first `times` occurrences are the package's own: any other is a dependency's. */
function copyVersion({ file, times }, before, after) {
  if (!existsSync(file)) return
  let text = readFileSync(file, 'utf8')
  for (let count = 0; count < times; count++) {
    const own = `"version": "${before}"`
    if (!text.includes(own)) throw new Error(`${file} does not have version ${before}`)
    text = text.replace(own, () => `"version": "${after}"`)
  }
  writeFileSync(file, text)
}

const options = process.argv.slice(2)
const files = globSync('.changeset/*.md')
  .filter(file => !file.endsWith('README.md'))
  .sort()
const entries = files.flatMap(file => readChangeset(readFileSync(file, 'utf8'), file))
if (!options.includes('--check')) {
  const before = readVersion()
  if (options.includes('--as-is')) for (const file of files) rmSync(file)
  else bump()
  const after = readVersion()
  const today = new Date().toISOString().slice(0, 10)
  writeFileSync('CHANGELOG.md', release(readFileSync('CHANGELOG.md', 'utf8'), entries, after, today))
  if (before !== after) for (const copy of COPIES) copyVersion(copy, before, after)
  console.log(`Version ${after}: see CHANGELOG.md`)
}
