// Adds to the lockfiles the packages of other platforms that a registry did not serve: npm install leaves them out without a word,
// and npm ci then refuses the lockfile. To be run after every npm install of a dependency.
//
//   node scripts/complete-lockfile.mjs

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const SYSTEMS = { windows: 'win32' }
const PROCESSORS = ['arm', 'arm64', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'wasm32', 'loong64']
const LIBRARIES = { gnu: 'glibc', glibc: 'glibc', musl: 'musl' }

/** What npm needs to know of a package that it will not install here: for which platform it is, by its name. */
function entryOf(name, version) {
  const words = name.split('/').at(-1).split('-')
  const processor = words.find(word => PROCESSORS.includes(word)) ?? (words.includes('64') && 'x64')
  const system = words[words.indexOf(processor === 'x64' && words.includes('64') ? '64' : processor) - 1]
  if (!processor || !system) throw new Error(`${name} does not say for which platform it is`)
  const library = words.map(word => LIBRARIES[word]).find(Boolean)
  const libc = library && { libc: [library] }
  return { version, cpu: [processor], ...libc, optional: true, os: [SYSTEMS[system] ?? system] }
}

function complete(file) {
  const lock = JSON.parse(readFileSync(file, 'utf8'))
  const known = new Set(Object.keys(lock.packages).map(path => path.split('node_modules/').at(-1)))
  for (const { dev, optionalDependencies = {} } of Object.values(lock.packages))
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (known.has(name)) continue
      if (!/^\d/.test(version)) throw new Error(`${name} is asked for as ${version}, not as one version`)
      const { cpu, ...entry } = entryOf(name, version)
      lock.packages[`node_modules/${name}`] = { version, cpu, ...(dev && { dev }), ...entry }
      console.log(`${file}: ${name} ${version}`)
    }
  const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1))
  writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`)
}

for (const folder of ['.', 'e2e']) complete(join(import.meta.dirname, '..', folder, 'package-lock.json'))
