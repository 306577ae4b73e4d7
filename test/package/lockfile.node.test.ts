import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from './built.ts'

interface Locked {
  readonly version?: string
  readonly integrity?: string
  readonly optionalDependencies?: { readonly [name: string]: string }
}

function readLock(file: string): {
  readonly file: string
  readonly packages: { readonly [path: string]: Locked }
} {
  return { file, packages: JSON.parse(readFileSync(join(root, file), 'utf8')).packages }
}

/** The project's own lockfile, those of the engines, of the clients beside which it is measured, and of the documentation's site. */
const locks = ['', 'e2e/', 'bench/', 'site/'].map(folder => readLock(`${folder}package-lock.json`))

it.each(locks)('$file lists the optional packages of every platform', ({ packages }) => {
  // npm install leaves out, without a word, what a registry does not serve, and npm ci then refuses the whole lockfile.
  const names = new Set(Object.keys(packages).map(path => path.split('node_modules/').at(-1)))
  const missing = Object.values(packages)
    .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
    .filter(name => !names.has(name))
  expect(missing).toEqual([])
})

// A package without it is taken as whatever a registry serves under its name.
it.each(locks)('$file holds every package to the hash of its content', ({ packages }) => {
  const loose = Object.entries(packages).filter(
    ([path, { integrity }]) => path && !/^sha512-/.test(integrity ?? ''),
  )
  expect(loose.map(([path]) => path)).toEqual([])
})

it.each(locks)('$file names no host', ({ packages }) => {
  expect(Object.values(packages).filter(locked => 'resolved' in locked)).toEqual([])
})
