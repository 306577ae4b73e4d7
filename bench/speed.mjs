// Measures the CPU time of each client beside the bare loop's, the cost of its import, and the weight of its bundles.
//
//   npm run bench              prints the tables; exits with 1 when llmfetch is over a limit
//   npm run bench -- --quick   measures only what has a limit, for CI
//   npm run bench -- --write   also writes docs/benchmarks.md

import { parseArgs } from 'node:util'
import { loadClients } from './clients/index.mjs'
import { writeSection } from './lib/document.mjs'
import { limits } from './lib/limits.mjs'
import { describeMachine } from './lib/machine.mjs'
import { startWorker } from './lib/worker.mjs'
import { measureImports } from './speed/imports.mjs'
import { judge } from './speed/judge.mjs'
import { measureWorks } from './speed/measure.mjs'
import { describeSpeed, limitsTable } from './speed/report.mjs'
import { measureSizes } from './speed/sizes.mjs'
import { works } from './speed/works.mjs'

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
})
if (options.quick && options.write) throw new Error('--write takes a whole run')

const hasLimit = (work, id) => limits[work]?.[id] !== undefined
const isLimited = id => Object.keys(limits).some(work => hasLimit(work, id))
const all = await loadClients()
const clients = all.filter(({ id }) => (options.quick ? isLimited(id) : id !== 'bare'))

const server = await startWorker(new URL('./speed/server.mjs', import.meta.url))
const { origin: network } = server.ready
const processesOf = id => (isLimited(id) ? 3 : 1)

async function measureAgain(work, id) {
  if (work === 'import') return measureImports(all.filter(client => client.id === id)).get(id)
  const worksOf = () => works.filter(one => one.id === work)
  return (await measureWorks([id], { network, worksOf, processesOf })).get(work).get(id)
}

const worksOf = id => works.filter(work => !options.quick || hasLimit(work.id, id))
const figures = await measureWorks(
  clients.map(({ id }) => id),
  { network, worksOf, processesOf },
)
figures.set('import', measureImports(clients.filter(({ id }) => !options.quick || hasLimit('import', id))))
const verdicts = await judge(limits, figures, measureAgain)
server.stop()

if (options.quick) console.log(`\n${describeMachine()}\n\n${limitsTable(all, verdicts)}`)
else {
  const speed = describeSpeed(all, figures, verdicts)
  const sizes = await measureSizes(all)
  console.log(`\n${speed}\n\n${sizes}`)
  if (options.write) {
    writeSection('docs/benchmarks.md', 'bench:speed', speed)
    writeSection('docs/benchmarks.md', 'compare', sizes)
  }
}
process.exitCode = verdicts.every(({ isKept }) => isKept) ? 0 : 1
