import { readFileSync, writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

const FILE = new URL('../../docs/conformance.md', import.meta.url)
const RUNTIMES = ['node', 'workerd', 'chromium'] as const
const GROUPS: { readonly [letter: string]: string } = {
  A: 'The wire format of a stream',
  B: 'What providers send',
  C: 'Network faults',
  F: 'Cancellation',
}
const HEAD = `# Conformance

Each row is a case that a client must survive, with what is expected of it, as the tests' own names say it. A runtime is marked
where the case's tests ran in it and passed; some cases need a raw TCP server and run in Node alone. The test run writes this
file, and CI fails when it is stale.
`

interface Row {
  readonly expected: Set<string>
  readonly passed: Map<string, boolean>
}

function readRows(modules: readonly TestModule[]): Map<string, Row> {
  const rows = new Map<string, Row>()
  for (const module of modules)
    for (const test of module.children.allTests()) {
      const match = /^([ABCF])(\d+)\s+(.+)$/s.exec(test.name)
      if (!match) continue
      const id = `${match[1]}${match[2]}`
      const row: Row = rows.get(id) ?? { expected: new Set(), passed: new Map() }
      rows.set(id, row)
      row.expected.add((match[3] ?? '').replaceAll('|', '\\|').replaceAll('\n', ' '))
      const passed = test.result().state === 'passed'
      row.passed.set(test.project.name, passed && row.passed.get(test.project.name) !== false)
    }
  return rows
}

function byCase(a: string, b: string): number {
  return a.slice(0, 1).localeCompare(b.slice(0, 1)) || Number(a.slice(1)) - Number(b.slice(1))
}

function toMarkdown(rows: Map<string, Row>): string {
  let text = HEAD
  for (const [letter, title] of Object.entries(GROUPS)) {
    text += `\n## ${title}\n\n| case | expected | Node | workerd | Chromium |\n| --- | --- | --- | --- | --- |\n`
    for (const id of [...rows.keys()].filter(key => key.startsWith(letter)).sort(byCase)) {
      const { expected, passed } = rows.get(id)!
      const marks = RUNTIMES.map(name => (passed.has(name) ? (passed.get(name) ? 'passed' : 'FAILED') : '–'))
      text += `| ${id} | ${[...expected].sort().join('; ')} | ${marks.join(' | ')} |\n`
    }
  }
  return text
}

/** Writes `docs/conformance.md` after a whole run, or, under CI, fails where the committed one says something else. */
export default class ConformanceReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const rows = readRows(modules)
    const ran = new Set([...rows.values()].flatMap(({ passed }) => [...passed.keys()]))
    // A part of the tests, or without the browser, says nothing of the whole.
    if (rows.size < 60 || RUNTIMES.some(name => !ran.has(name))) return
    const text = toMarkdown(rows)
    let committed = ''
    try {
      committed = readFileSync(FILE, 'utf8')
    } catch {}
    if (text === committed) return
    if (process.env.CI) {
      console.error('docs/conformance.md is stale: run `npm test` and commit it')
      process.exitCode = 1
    } else writeFileSync(FILE, text)
  }
}
