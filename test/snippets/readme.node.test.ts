import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../package/built.ts'

const readme = readFileSync(join(root, 'README.md'), 'utf8')
const benchmarks = readFileSync(join(root, 'docs/benchmarks.md'), 'utf8')

type Table = ReadonlyMap<string, ReadonlyMap<string, string>>

/** Reads the first table after a text: rows by their first cell, cells by the name of their column. */
function tableAfter(page: string, text: string): Table {
  const start = page.indexOf(text)
  const [, head = '', rows = ''] = /^(\|.*)\n\|[ :|-]+\n((?:\|.*\n)+)/m.exec(page.slice(start)) ?? []
  const cells = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim())
  const columns = cells(head)
  return new Map(
    rows
      .trim()
      .split('\n')
      .map(line => {
        const row = cells(line)
        return [row[0]!, new Map(columns.map((column, place) => [column, row[place]!]))]
      }),
  )
}

const shown = tableAfter(readme, '## Four promises')
const sizes = tableAfter(benchmarks, '<!-- compare -->')
const hostile = tableAfter(benchmarks, '<!-- bench:hostile -->')
const peers = [...shown.values().next().value!.keys()].filter(name => name && name !== 'llmfetch')

/** What the benchmarks measured, in the words of the README. */
function outcome(measured: string): string {
  if (measured.includes('lookup')) return 'both'
  if (measured === 'no calls') return 'none'
  if (measured.includes('still waiting')) return 'waits on'
  return measured.includes('ended') ? 'ends' : 'error'
}

describe('the README', () => {
  it('is short enough to be read', () => {
    expect(readme.split('\n').length).toBeLessThanOrEqual(260)
  })

  it('names five peers', () => {
    expect(peers).toEqual(['xsai', 'llmwire', '@openrouter/sdk', 'openai', 'ai'])
  })

  it.each(peers)('has the sizes that were measured: %s', peer => {
    const row = sizes.get(peer)!
    const figures = ['one call', 'one stream'].map(program => Number.parseFloat(row.get(program)!))
    const told = shown.get('bundle of a call / a stream, kB')!.get(peer)!
    expect(told.split(' / ').map(Number)).toEqual(figures)
  })

  it('has its own sizes once, in its table as in the first promise', () => {
    const told = [...readme.matchAll(/(\d+\.\d) kB for a (?:call|stream)/g)].map(([, figure]) => figure)
    expect(shown.get('bundle of a call / a stream, kB')!.get('llmfetch')).toBe(told.join(' / '))
  })

  const cases = [...shown.keys()].filter(name => hostile.has(name))

  it.each(cases)('tells what each client was seen to do: %s', name => {
    const row = shown.get(name)!
    const measured = hostile.get(name)!
    for (const client of ['llmfetch', ...peers])
      expect([client, row.get(client)]).toEqual([client, outcome(measured.get(client)!)])
  })

  it('has such a case', () => {
    expect(cases.length).toBeGreaterThanOrEqual(3)
  })
})
