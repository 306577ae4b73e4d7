import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeChart } from '../lib/chart.mjs'
import { toTable, writeSection } from '../lib/document.mjs'
import { limits } from '../lib/limits.mjs'
import { describeMachine } from '../lib/machine.mjs'
import { root } from '../lib/paths.mjs'
import { sizesHead, versionsOf, writeSizeChart } from '../sizes.mjs'
import { works } from './measure.mjs'

const limited = works.filter(({ id }) => id in limits)

/** The tables of a run: what each client took by work, what its import took, and its rows of sizes. */
export function makeTables({ clients, counts, measured, imports, sizes }) {
  const ratio = ({ id }, place) => `${measured.get(id)[place].ratio.toFixed(2)} ×`
  const time = ({ id }, place) => {
    const micros = (measured.get(id)[place].ms / (counts[id] ?? 1)) * 1000
    return `${micros.toFixed(micros < 100 ? 2 : 0)} µs`
  }
  const rows = (cells, someWorks) =>
    clients.map((client, place) => [
      client.name,
      ...cells(client),
      ...someWorks.map(work => ratio(work, place)),
    ])
  const titles = someWorks => someWorks.map(({ title }) => title)
  return {
    ratios: toTable(
      ['client', 'version', ...titles(works)],
      rows(client => [versionsOf(client)], works),
      place => place > 1,
    ),
    headline: toTable(
      ['client', ...titles(limited)],
      rows(() => [], limited),
    ),
    times: toTable(
      ['client', ...works.map(({ title, unit }) => `${title}, ${unit}`), 'import'],
      clients.map(({ name }, place) => [
        name,
        ...works.map(work => time(work, place)),
        imports[place] === undefined ? '–' : `${imports[place].toFixed(0)} ms`,
      ]),
    ),
    sizes: [...sizesHead, ...sizes].join('\n'),
  }
}

/** Writes what a run has found: the page, the charts, and the README's tables. */
export function writeReport({ clients, measured }, tables) {
  const allowed = limited.map(({ id, title }) => `${limits[id]} × for ${title}`).join(', ')
  const speed = `Measured with ${describeMachine()}.

CPU time as a multiple of the bare loop's. Allowed for llmfetch's functions: at most ${allowed}.

${tables.ratios}

The same in CPU time, and what loading the client costs a new process:

${tables.times}`
  writeSection('docs/benchmarks.md', 'bench:speed', speed)
  writeSection('README.md', 'bench', tables.headline)
  for (const file of ['docs/benchmarks.md', 'README.md']) writeSection(file, 'compare', tables.sizes)
  writeSizeChart(readFileSync(join(root, 'docs/benchmarks.md'), 'utf8'))
  writeChart(join(root, 'docs/speed.svg'), {
    title: 'CPU time as a multiple of the bare loop’s',
    series: limited.map(({ title }) => title),
    format: value => `${value.toFixed(2)} ×`,
    bars: clients.map(({ name }, place) => ({
      name,
      values: limited.map(({ id }) => measured.get(id)[place].ratio),
    })),
  })
}
