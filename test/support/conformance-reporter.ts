import { readFileSync, writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'
import { conformanceCases } from '../fixtures/conformance-cases.ts'

const FILE = new URL('../../docs/conformance.md', import.meta.url)
const RUNTIMES = ['node', 'workerd', 'chromium'] as const
const GROUPS: { readonly [letter: string]: string } = {
  A: 'The wire format of a stream',
  B: 'What providers send',
  C: 'Network faults',
  F: 'Cancellation',
}
const HEAD = `# Conformance

Each row is a case that a client must survive, and what is expected of it. A runtime is marked where the tests that bear the
case's name ran in it and passed; a dash is for a runtime in which none can: most of these need a raw TCP server or the process
itself, and run in Node alone. The test run writes this file, and CI fails when it is stale.
`

/** Whether a case's tests passed, by runtime. */
type Row = Map<string, boolean>

/** The cases that a test's name begins with: 'B2 B3 never makes text of null'. */
function casesOf(name: string): string[] {
  return /^([ABCF]\d+ )*/
    .exec(name)![0]
    .split(' ')
    .filter(id => id in conformanceCases)
}

function readRows(modules: readonly TestModule[]): Map<string, Row> {
  const rows = new Map<string, Row>(Object.keys(conformanceCases).map(id => [id, new Map()]))
  for (const module of modules)
    for (const test of module.children.allTests())
      for (const id of casesOf(test.name)) {
        // A browser's project is named after its instance as well: 'chromium (chromium)'.
        const [runtime = ''] = test.project.name.split(' ')
        const row = rows.get(id)!
        row.set(runtime, test.result().state === 'passed' && row.get(runtime) !== false)
      }
  return rows
}

function toMarkdown(rows: Map<string, Row>): string {
  let text = HEAD
  for (const [letter, title] of Object.entries(GROUPS)) {
    text += `\n## ${title}\n\n| case | expected | Node | workerd | Chromium |\n| --- | --- | --- | --- | --- |\n`
    for (const [id, passed] of rows) {
      if (!id.startsWith(letter)) continue
      const marks = RUNTIMES.map(name => (passed.has(name) ? (passed.get(name) ? 'passed' : 'FAILED') : '–'))
      text += `| ${id} | ${conformanceCases[id]} | ${marks.join(' | ')} |\n`
    }
  }
  return text
}

/** Writes `docs/conformance.md` after a whole run, or, under CI, fails where the committed one says something else. */
export default class ConformanceReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const rows = readRows(modules)
    // A part of the tests, or of the runtimes, says nothing of the whole.
    const inAll = [...rows.values()].filter(row => RUNTIMES.every(name => row.has(name)))
    if (inAll.length < 60) return
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
