import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './built.ts'

type Row = readonly string[]

const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const page = read('docs/benchmarks.md')

/** What stands between a page's markers. */
function section(text: string, name: string): string {
  const [, found] = new RegExp(`<!-- ${name} -->(.*?)<!-- /${name} -->`, 's').exec(text) ?? []
  if (!found?.trim()) throw new Error(`nothing is written for ${name}`)
  return found
}

/** The tables of a text: the head's cells first, then each row's. */
function tables(text: string): Row[][] {
  const cells = (line: string): Row =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map(cell => cell.trim())
  return (text.match(/(?:^\|.*\n?)+/gm) ?? []).map(table => {
    const [head = '', , ...rows] = table.trim().split('\n')
    return [head, ...rows].map(cells)
  })
}

/** A cell by the names of its row and its column. */
function cell([head = [], ...rows]: Row[], row: string, column: string): string {
  const found = rows.find(([name]) => name === row)?.[head.indexOf(column)]
  if (found === undefined) throw new Error(`there is no ${column} of ${row}`)
  return found
}

const clients = [
  'llmfetch',
  'llmfetch, LLMClient',
  'xsai',
  'llmwire',
  'openai',
  '@openrouter/sdk',
  'ai',
] as const
const [ratios = [], times = []] = tables(section(page, 'bench:speed'))
const [sizes = []] = tables(section(page, 'compare'))
const [gates = []] = tables(section(page, 'bench:load'))
const [matrix = [], settings = [], messages = []] = tables(section(page, 'bench:hostile'))

describe('docs/benchmarks.md', () => {
  it('says what it was measured with, and nothing of whose machine it was', () => {
    const machine =
      /Measured with llmfetch \d+\.\d+\.\d+\S*, Node \d+\.\d+\.\d+, \w+ \w+, \d+ cores, \d+ GiB of memory\./
    for (const name of ['bench:speed', 'bench:load', 'bench:hostile'])
      expect(section(page, name)).toMatch(machine)
    expect(page).not.toMatch(/127\.0\.0\.1|file:\/\/|\/(home|root|tmp|work|Users)\//)
  })

  it('has the versions that are pinned', () => {
    const { dependencies } = JSON.parse(read('bench/package.json')) as {
      dependencies: { [name: string]: string }
    }
    for (const version of Object.values(dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/)
    const versions = {
      xsai: dependencies['@xsai/stream-text'],
      llmwire: dependencies.llmwire,
      openai: dependencies.openai,
      '@openrouter/sdk': dependencies['@openrouter/sdk'],
      ai: `${dependencies.ai}, ${dependencies['@ai-sdk/openai-compatible']}`,
    }
    for (const table of [ratios, sizes, settings])
      for (const [client, version] of Object.entries(versions))
        expect(cell(table, client, 'version')).toBe(version)
  })

  it.each([
    ['one event a network chunk', 1.5],
    ['16 KiB chunks', 1.8],
    ['plain call', 2],
  ])('keeps the limit for %s: %d × the bare loop', (work, limit) => {
    expect(cell(ratios, 'bare loop', work)).toBe('1.00 ×')
    const ratio = Number.parseFloat(cell(ratios, 'llmfetch', work))
    expect(ratio).toBeGreaterThan(0.5)
    expect(ratio).toBeLessThanOrEqual(limit)
  })

  it('has a figure for every client', () => {
    for (const client of clients) {
      const [ratioRow, timeRow, sizeRow] = [ratios, times, sizes].map(table =>
        table.find(([name]) => name === client),
      )
      expect(ratioRow?.slice(2)).toEqual(Array(4).fill(expect.stringMatching(/^\d+\.\d\d ×$/)))
      expect(timeRow?.slice(1)).toEqual([
        ...Array(4).fill(expect.stringMatching(/^[\d.]+ µs$/)),
        expect.stringMatching(/^\d+ ms$/),
      ])
      expect(sizeRow?.slice(2)).toEqual(Array(2).fill(expect.stringMatching(/^\d+\.\d kB$/)))
    }
  })

  it('shows every gate with its figure, and that it holds', () => {
    expect(gates.slice(1).map(([id]) => id)).toEqual(
      Array.from({ length: 10 }, (_, place) => `L${place + 1}`),
    )
    for (const [id, what, demanded, measured, result] of gates.slice(1)) {
      expect([what, demanded].every(Boolean), id).toBe(true)
      expect(measured, id).toMatch(/\d/)
      expect(result, id).toBe('holds')
    }
    expect(cell(gates, 'L1', 'measured')).toContain('1000/1000 byte-exact')
  })

  it('shows what each client did in every case, and what its errors said', () => {
    expect(matrix[0]?.slice(1)).toEqual(clients)
    expect(matrix.length - 1).toBe(16)
    for (const [name, ...cells] of matrix.slice(1)) {
      expect(cells.length, name).toBe(clients.length)
      expect(cells.every(Boolean), name).toBe(true)
    }
    expect(matrix[1]?.slice(1)).toEqual(clients.map(() => '10 of 10, ended, finish reason stop'))
    expect(messages.length).toBeGreaterThan(16)
  })

  it.each(['sizes', 'speed'])('draws %s with its figures in words', name => {
    expect(page).toMatch(new RegExp(`!\\[.+\\]\\(${name}\\.svg\\)`))
    const chart = read(`docs/${name}.svg`)
    expect(chart).toMatch(/<title id="title">.+<\/title>/)
    expect(chart).toContain('prefers-color-scheme: dark')
    const [, described = ''] = /<desc id="description">(.*)<\/desc>/.exec(chart) ?? []
    const figures = name === 'sizes' ? sizes : ratios
    for (const client of clients) {
      const unit = name === 'sizes' ? 'kB' : '×'
      const column = name === 'sizes' ? 'one stream' : 'plain call'
      const [, words = ''] = new RegExp(`(?:^|; )${client}: ([^;]*)`).exec(described) ?? []
      expect(words, client).toContain(
        `${column} ${Number.parseFloat(cell(figures, client, column)).toFixed(name === 'sizes' ? 1 : 2)} ${unit}`,
      )
    }
  })
})
