import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { conformanceCases } from '../fixtures/conformance-cases.ts'
import { root } from './built.ts'

/** The cases that the names of a file's tests begin with: 'B2 B3 never makes text of null'. */
function casesIn(text: string): readonly string[] {
  const names = text.matchAll(/(?<!\w)(['"`])((?:[A-Z]\d+ )+)(?=\S)/g)
  return [...names].flatMap(([, , ids]) => ids!.trim().split(' '))
}

/** Where each case is tested. A file that ends in `.node.test.ts` runs in Node alone, any other in all runtimes. */
function readRuntimes(): ReadonlyMap<string, string> {
  const runtimes = new Map<string, string>()
  for (const file of globSync('test/**/*.test.ts', { cwd: root, exclude: ['test/package/**'] })) {
    const isNode = file.endsWith('.node.test.ts')
    for (const id of casesIn(readFileSync(join(root, file), 'utf8')))
      if (id in conformanceCases && !(isNode && runtimes.has(id)))
        runtimes.set(id, isNode ? 'Node' : 'Node, workerd, Chromium')
  }
  return runtimes
}

const runtimes = readRuntimes()

/** The rows of the page: a case, what is expected of it, where it is tested. */
const rows = readFileSync(join(root, 'docs/conformance.md'), 'utf8')
  .split('\n')
  .filter(line => /^\| [A-Z]\d+ \|/.test(line))
  .map(line => line.slice(2, -2).split(' | '))

describe('docs/conformance.md', () => {
  it('lists every case, with what is expected', () => {
    expect(rows.map(([id, expected]) => [id, expected])).toEqual(Object.entries(conformanceCases))
  })

  it.each(rows)('says where a test that bears the name runs: %s', (id, _, where) => {
    expect(where).toBe(runtimes.get(id!))
  })

  it('would miss a test', () => {
    expect(casesIn("it('A1 A2 ends', run)")).toEqual(['A1', 'A2'])
    expect(casesIn('it(`F3 ends`, run)')).toEqual(['F3'])
    expect(casesIn("it('ends like A1 does', run)")).toEqual([])
  })
})
