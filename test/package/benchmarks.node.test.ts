import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { root } from './built.ts'

type Row = readonly string[]
type Limits = Record<string, Record<string, number>>
interface Figure {
  ratio: number
}
type Verdict = Figure & { work: string; id: string; limit: number; isKept: boolean }
type Judge = (
  limits: Limits,
  figures: Map<string, Map<string, Figure>>,
  measureAgain: (work: string, id: string) => Promise<Figure>,
) => Promise<Verdict[]>

const read = (file: string): string => readFileSync(join(root, file), 'utf8')
/** The benchmarks have no types. */
const load = (file: string): Promise<unknown> => import(join(root, 'bench', file))

const { limits } = (await load('lib/limits.mjs')) as { limits: Limits }
const { judge } = (await load('speed/judge.mjs')) as { judge: Judge }
const page = read('docs/benchmarks.md')

/** The text between a page's markers. */
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
const [ratios = [], overNetwork = [], times = [], verdicts = []] = tables(section(page, 'bench:speed'))
const [sizes = []] = tables(section(page, 'compare'))
const [gates = []] = tables(section(page, 'bench:load'))
const [agents = [], troubles = []] = tables(section(page, 'bench:agents'))
const [matrix = [], settings = [], messages = []] = tables(section(page, 'bench:hostile'))

describe('docs/benchmarks.md', () => {
  it('says what it was measured with, and nothing of whose machine it was', () => {
    const machine =
      /Measured with llmfetch \d+\.\d+\.\d+\S*, Node \d+\.\d+\.\d+, \w+ \w+, \d+ cores, \d+ GiB of memory\./
    for (const name of ['bench:speed', 'bench:load', 'bench:hostile', 'bench:agents'])
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
    for (const table of [sizes, settings])
      for (const [client, version] of Object.entries(versions))
        expect(cell(table, client, 'version')).toBe(version)
  })

  it('shows every limit with what was measured, and that it is kept', () => {
    const rows = verdicts.slice(1).map(([, , measured = '', limit = '', verdict]) => {
      const figures = [measured, limit].map(Number.parseFloat)
      return { measured: figures[0], limit: figures[1], verdict }
    })
    expect(rows.map(({ limit }) => limit)).toEqual(Object.values(limits).flatMap(Object.values))
    for (const { measured, limit, verdict } of rows) {
      expect(measured).toBeGreaterThan(0.5)
      expect(measured).toBeLessThanOrEqual(limit!)
      expect(verdict).toBe('kept')
    }
  })

  it('has a figure for every client', () => {
    const ratio = expect.stringMatching(/^\d+\.\d\d ×$/)
    const time = expect.stringMatching(/^[\d.]+ µs$/)
    const find = (table: Row[], client: string) => table.find(([name]) => name === client)
    for (const client of clients) {
      expect(find(ratios, client)?.slice(1)).toEqual(Array(5).fill(ratio))
      expect(find(overNetwork, client)?.slice(1)).toEqual(Array(4).fill(ratio))
      const [, ...cells] = find(times, client) ?? []
      expect(cells).toEqual([
        ...Array(4).fill(time),
        expect.stringMatching(/^\d+ ms$/),
        ...Array(4).fill(time),
      ])
      expect(find(sizes, client)?.slice(2)).toEqual(Array(2).fill(expect.stringMatching(/^\d+\.\d kB$/)))
    }
    expect(cell(ratios, 'bare loop', 'plain call')).toBe('1.00 ×')
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

  it('shows the same agent with each client, and what became of it in every case', async () => {
    const names = ['llmfetch', 'xsai', 'llmwire', 'openai', 'ai']
    const { cases } = (await load('agents/cases.mjs')) as { cases: { title: string }[] }
    expect(agents.slice(1).map(([name]) => name)).toEqual(names)
    for (const [name, version, lines, whole, alone] of agents.slice(1)) {
      expect(version, name).toMatch(/^\d/)
      expect(Number(lines), name).toBeLessThan(40)
      expect(Number.parseFloat(whole!), name).toBeGreaterThan(Number.parseFloat(alone!))
    }
    expect(Number(cell(agents, 'llmfetch', 'lines'))).toBeLessThanOrEqual(24)
    expect(cell(agents, 'llmfetch', 'process after the cancel')).toBe('lives')
    expect(troubles[0]?.slice(1)).toEqual(names)
    expect(troubles.slice(1).map(([title]) => title)).toEqual(cases.map(({ title }) => title))
    for (const [title, own, ...others] of troubles.slice(1)) {
      expect(others.every(Boolean), title).toBe(true)
      expect(own, title).toMatch(
        /ends: (answer|steps|length)|throws (the reason; at once|`IncompleteStreamError`)/,
      )
      expect(own, title).not.toMatch(/dies|waiting/)
    }
  })
})

describe('the limits of speed', () => {
  afterEach(() => vi.restoreAllMocks())

  const figuresOf = (ratio: number) => new Map([['call', new Map([['llmfetch', { ratio }]])]])
  const limit = { call: { llmfetch: 2 } }

  it('keep a ratio at its limit, measured once', async () => {
    const measureAgain = vi.fn()
    const [verdict] = await judge(limit, figuresOf(2), measureAgain)
    expect(verdict).toEqual({ work: 'call', id: 'llmfetch', ratio: 2, limit: 2, isKept: true })
    expect(measureAgain).not.toHaveBeenCalled()
  })

  it.each([
    ['keep a ratio that was over its limit, and is not when measured again', 1.9, true],
    ['fail a ratio that is over its limit twice', 2.2, false],
  ])('%s', async (_, again, isKept) => {
    vi.spyOn(console, 'log').mockReturnValue()
    const figures = figuresOf(2.1)
    const [verdict] = await judge(limit, figures, async () => ({ ratio: again }))
    expect(verdict).toMatchObject({ ratio: again, isKept })
    expect(figures.get('call')?.get('llmfetch')).toEqual({ ratio: again })
  })
})

describe('the service in the process of its readers', () => {
  const network = globalThis.fetch
  afterEach(() => {
    globalThis.fetch = network
  })

  async function serve(): Promise<string> {
    const { origin, serveInProcess } = (await load('speed/in-process.mjs')) as {
      origin: string
      serveInProcess: (client: { needsContentType?: boolean }) => void
    }
    serveInProcess({})
    return origin
  }

  it('gives two streams an event each in turn, however fast each is read', async () => {
    const url = `${await serve()}/shapes/v1/chat/completions`
    const order: string[] = []
    const readAll = async (name: string, body: object, pause: boolean) => {
      const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
      const reader = response.body!.getReader()
      while (!(await reader.read()).done) {
        order.push(name)
        if (pause) await new Promise(setImmediate)
      }
    }
    await Promise.all([readAll('text', {}, false), readAll('tools', { tools: [] }, true)])
    expect(order.length).toBeGreaterThan(4000)
    const longestRun = order.reduce(
      ({ longest, run }, name, place) => {
        const next = name === order[place - 1] ? run + 1 : 1
        return { longest: Math.max(longest, next), run: next }
      },
      { longest: 0, run: 0 },
    ).longest
    expect(longestRun).toBeLessThanOrEqual(2)
  })

  it('lets one of the two end when the reader of the other leaves', async () => {
    const url = `${await serve()}/shapes/v1/chat/completions`
    const [left, read] = await Promise.all(
      [{}, { tools: [] }].map(body => fetch(url, { method: 'POST', body: JSON.stringify(body) })),
    )
    await left?.body?.cancel()
    expect(await read?.text()).toMatch(/data: \[DONE\]\n\n$/)
  })

  it('answers each call anew', async () => {
    const url = `${await serve()}/call/v1/chat/completions`
    for (let time = 0; time < 2; time++)
      expect(await (await fetch(url)).json()).toHaveProperty('choices.0.message.content')
  })
})

describe('bench/run.mjs', () => {
  it('names the benchmarks when asked for another one', () => {
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'bench/run.mjs'), 'spead'], {
      encoding: 'utf8',
    })
    expect(status).toBe(1)
    expect(stderr).toContain('speed, load, hostile')
  })
})
