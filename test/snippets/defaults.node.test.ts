import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { RETRYABLE_STATUSES } from '../../src/wire/retryable-statuses.ts'
import { root } from '../package/built.ts'

/** Pages with a table of options, and where these are declared. */
const tables = [
  { page: 'docs/resilience.md', source: 'src/policies/retry.ts', least: 6 },
  { page: 'docs/testing.md', source: 'src/testing/types.ts', least: 4 },
]

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** A value without the marks of its language: `60_000` is 60,000. */
function plain(value: string): string {
  return value
    .replace(/[`'[\]_]/g, '')
    .replace(/(?<=\d),(?=\d)/g, '')
    .trim()
}

/** Defaults by option, as the docstrings have them. */
function declared(source: string): ReadonlyMap<string, string> {
  const members = source.matchAll(/@default ([^\n]+?)\s*(?:\*\/|\n\s*\*\/)\s*(?:readonly )?(\w+)\?:/g)
  return new Map([...members].map(([, value, name]) => [name!, plain(value!)]))
}

/** Defaults by option, as a page's tables have them in their second column. */
function told(page: string): readonly (readonly [name: string, value: string])[] {
  const table = page.match(/^\| option +\| default.*\n(?:\|.*\n)+/gm)?.join('') ?? ''
  return [...table.matchAll(/^\| `(\w+)` +\| ([^|]*)\|/gm)].map(([, name, value]) => [name!, plain(value!)])
}

describe.each(tables)('the defaults in $page', ({ page, source, least }) => {
  const defaults = declared(read(source))
  // "those above" stands for a list that the page gives elsewhere.
  const compared = told(read(page)).filter(([name, value]) => defaults.has(name) && value !== 'those above')

  it('are found', () => {
    expect(compared.length).toBeGreaterThanOrEqual(least)
  })

  it.each(compared)('are those of the source: %s', (name, value) => {
    expect(value).toBe(defaults.get(name))
  })
})

it('the statuses that are retried are those of the source', () => {
  const [, list] = /\bsends again after a status of ([\d, \n]+ or \d+)/.exec(read('docs/resilience.md')) ?? []
  expect(list?.match(/\d+/g)?.map(Number)).toEqual(RETRYABLE_STATUSES)
})
