// CPU time of this and other clients beside the bare loop's, and the weight of their bundles.
//
//   npm run bench              prints the tables; exits with 1 where llmfetch is over a limit
//   npm run bench -- --quick   fewer rounds, for CI
//   npm run bench -- --write   also writes docs/benchmarks.md, the charts and the README's tables

import { join } from 'node:path'
import { clientIds, loadClients } from './clients/index.mjs'
import { measureImports } from './imports.mjs'
import { limits } from './limits.mjs'
import { writeChart } from './lib/chart.mjs'
import { toTable, writeSection } from './lib/document.mjs'
import { describeMachine } from './lib/machine.mjs'
import { root } from './lib/paths.mjs'
import { median } from './lib/stats.mjs'
import { startWorker } from './lib/worker.mjs'
import { measureSizes, sizesHead, versionsOf, writeSizeChart } from './sizes.mjs'

const options = new Set(process.argv.slice(2))
const isQuick = options.has('--quick')
const WARM_UP = 3
const plan = isQuick ? { processes: 1, rounds: 7, imports: 3 } : { processes: 3, rounds: 9, imports: 15 }
/** How often a limit that was missed is measured again, in new processes: noise does not repeat itself. */
const RETRIES = 2

const works = [
  { id: 'event', title: 'one event a network chunk', unit: 'an event', times: 1 },
  { id: '16k', title: '16 KiB chunks', unit: 'an event', times: 2 },
  { id: 'tools', title: 'tool calls', unit: 'a delta', times: 3 },
  { id: 'json', title: 'plain call', unit: 'a call', times: 50 },
]

const server = await startWorker(new URL('./speed-server.mjs', import.meta.url), ['10000'])
const { origin, counts } = server.ready

/** Asks the workers in turn, beginning with another one each time, and returns the CPU times of each round. */
async function measureRounds(workers, { id: work, times }) {
  const rounds = []
  for (let round = -WARM_UP; round < plan.rounds; round++) {
    const taken = []
    const results = new Set()
    for (let turn = 0; turn < workers.length; turn++) {
      const place = (turn + Math.max(round, 0)) % workers.length
      const { ms, result } = await workers[place].ask({ work, times })
      taken[place] = ms / times
      results.add(result)
    }
    if (results.size !== 1) throw new Error(`${work}: the clients read different things`)
    if (round >= 0) rounds.push(taken)
  }
  return rounds
}

/** Median CPU times in ms, and median ratios to the first client, which are taken within each round. */
async function measureWork(ids, someWorks) {
  const rounds = new Map(someWorks.map(({ id }) => [id, []]))
  for (let run = 0; run < plan.processes; run++) {
    const start = id => startWorker(new URL('./speed-worker.mjs', import.meta.url), [id, origin])
    const workers = await Promise.all(ids.map(start))
    for (const work of someWorks) rounds.get(work.id).push(...(await measureRounds(workers, work)))
    for (const worker of workers) worker.stop()
  }
  const summarize = (list, place) => ({
    ms: median(list.map(taken => taken[place])),
    ratio: median(list.map(taken => taken[place] / taken[0])),
  })
  return new Map([...rounds].map(([work, list]) => [work, ids.map((_, place) => summarize(list, place))]))
}

/** Whether llmfetch keeps a limit, measured once more where it seems not to. */
async function keepsLimit(work, first) {
  const limit = limits[work.id]
  let ratio = first
  for (let again = 0; ratio > limit && again < RETRIES; again++) {
    console.log(`${work.title}: ${ratio.toFixed(2)} × the bare loop, at most ${limit} × allowed; once more`)
    ratio = (await measureWork(['bare', 'llmfetch'], [work])).get(work.id)[1].ratio
  }
  const isKept = ratio <= limit
  console.log(
    `${isKept ? 'kept' : 'MISSED'}: ${work.title}, ${ratio.toFixed(2)} × the bare loop, at most ${limit} ×`,
  )
  return isKept
}

const clients = await loadClients()
const measured = await measureWork(clientIds, works)
const kept = []
for (const work of works.filter(({ id }) => id in limits))
  kept.push(await keepsLimit(work, measured.get(work.id)[clientIds.indexOf('llmfetch')].ratio))
server.stop()

// What one import costs does not depend on what is then called.
const loaded = clients.filter(({ id }) => !['llmfetch-policies', 'llm-client'].includes(id))
const imports = measureImports(loaded, plan.imports)
const importOf = ({ id }) => {
  const place = loaded.findIndex(client => client.id === (id.startsWith('llm') && id !== 'llmwire' ? 'llmfetch' : id))
  return id === 'bare' ? '–' : `${imports[place].toFixed(0)} ms`
}
const sizes = await measureSizes(clients)

const ratioOf = (work, place) => `${measured.get(work.id)[place].ratio.toFixed(2)} ×`
const ratios = toTable(
  ['client', 'version', ...works.map(({ title }) => title)],
  clients.map((client, place) => [
    client.name,
    versionsOf(client),
    ...works.map(work => ratioOf(work, place)),
  ]),
  place => place > 1,
)
const micros = ({ id, times }, place) => {
  const { ms } = measured.get(id)[place]
  void times
  const each = (ms / (counts[id] ?? 1)) * 1000
  return `${each < 100 ? each.toFixed(2) : each.toFixed(0)} µs`
}
const absolute = toTable(
  ['client', ...works.map(({ title, unit }) => `${title}, ${unit}`), 'import'],
  clients.map((client, place) => [
    client.name,
    ...works.map(work => micros(work, place)),
    importOf(client),
  ]),
)
const sizeTable = [...sizesHead, ...sizes].join('\n')
console.log(`\n${describeMachine()}\n\n${ratios}\n\n${absolute}\n\n${sizeTable}`)

if (options.has('--write')) {
  const shown = works.filter(({ id }) => id in limits)
  const speed = `Measured with ${describeMachine()}.

CPU time as a multiple of the bare loop's, at most ${shown.map(({ id, title }) => `${limits[id]} × for ${title}`).join(', ')} with
llmfetch's functions:

${ratios}

The same in CPU time, and what loading the client costs a new process:

${absolute}`
  writeSection('docs/benchmarks.md', 'bench:speed', speed)
  for (const file of ['docs/benchmarks.md', 'README.md']) writeSection(file, 'compare', sizeTable)
  writeSizeChart(sizes)
  writeChart(join(root, 'docs/speed.svg'), {
    title: 'CPU time as a multiple of the bare loop’s',
    series: shown.map(({ title }) => title),
    format: value => `${value.toFixed(2)} ×`,
    bars: clients.map(({ name }, place) => ({
      name,
      values: shown.map(({ id }) => measured.get(id)[place].ratio),
    })),
  })
  const headline = toTable(
    ['client', ...shown.map(({ title }) => title)],
    clients.map((client, place) => [client.name, ...shown.map(work => ratioOf(work, place))]),
  )
  writeSection('README.md', 'bench', headline)
}
process.exitCode = kept.every(Boolean) ? 0 : 1
