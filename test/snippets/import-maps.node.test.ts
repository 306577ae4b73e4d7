import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { requireBuild, root } from '../package/built.ts'
import { readPages } from './pages.ts'

requireBuild()

const imports = /(?:\bfrom|^import|\bimport\() ?["']([^"']+)["']/gm

/** The bare names that a file and those below it import. */
function namesBelow(file: string, seen = new Set<string>()): readonly string[] {
  if (seen.has(file)) return []
  seen.add(file)
  // Examples in comments import what the package does not.
  const code = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
  return [...code.matchAll(imports)].flatMap(([, name]) =>
    name!.startsWith('.') ? namesBelow(join(file, '..', name!), seen) : [name!],
  )
}

const maps = readPages().flatMap(({ path, text }) =>
  [...text.matchAll(/<script type="importmap">\n([\s\S]*?)<\/script>/g)].map(([, map]) => ({
    path,
    imports: JSON.parse(map!).imports as { readonly [name: string]: string },
  })),
)

describe('an import map of the pages', () => {
  it('is found', () => {
    expect(maps.map(({ path }) => path)).toEqual(['README.md', 'docs/responses.md'])
  })

  it.each(maps)('names all that its files of this package import: $path', ({ imports }) => {
    const files = Object.values(imports).flatMap(
      address => /\/llmfetch@[^/]+\/(dist\/.+)$/.exec(address)?.[1] ?? [],
    )
    expect(files.length).toBeGreaterThan(0)
    for (const file of files)
      for (const name of namesBelow(join(root, file))) expect(Object.keys(imports)).toContain(name)
  })
})
