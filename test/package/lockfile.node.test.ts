import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from './built.ts'

interface Locked {
  readonly version?: string
  readonly optionalDependencies?: { readonly [name: string]: string }
}

/** The project's own lockfile, and that of the engines. */
const locks = ['package-lock.json', 'e2e/package-lock.json'].map(file => {
  const { packages } = JSON.parse(readFileSync(join(root, file), 'utf8')) as {
    readonly packages: { readonly [path: string]: Locked }
  }
  return { file, packages }
})

it.each(locks)('$file lists the optional packages of every platform', ({ packages }) => {
  // Where the registry lacks one, npm install leaves it out without a word, and npm ci then refuses the
  // whole lockfile: node scripts/complete-lockfile.mjs
  const names = new Set(Object.keys(packages).map(path => path.split('node_modules/').at(-1)))
  const missing = Object.values(packages)
    .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
    .filter(name => !names.has(name))
  expect(missing).toEqual([])
})

it.each(locks)('$file names no host', ({ packages }) => {
  expect(Object.values(packages).filter(locked => 'resolved' in locked)).toEqual([])
})
