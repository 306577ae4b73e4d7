import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from './built.ts'

interface Locked {
  readonly version?: string
  readonly optionalDependencies?: { readonly [name: string]: string }
}

const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  readonly packages: { readonly [path: string]: Locked }
}

it('lists the optional packages of every platform', () => {
  // Where the registry lacks one, npm install leaves it out without a word, and npm ci then refuses the whole lockfile.
  const names = new Set(Object.keys(packages).map(path => path.split('node_modules/').at(-1)))
  const missing = Object.values(packages)
    .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
    .filter(name => !names.has(name))
  expect(missing).toEqual([])
})

it('names no host', () => {
  expect(Object.values(packages).filter(locked => 'resolved' in locked)).toEqual([])
})
