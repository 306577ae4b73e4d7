// Puts llmfetch under load, and prints each gate with its figure. The server and each client are processes of their own.
//
//   npm run bench -- load                 exits with 1 when a gate does not hold
//   npm run bench -- load --soak 1800     sets the seconds of the soak, 60 by default
//   npm run bench -- load --only L1,L4    runs these gates alone
//   npm run bench -- load --write         also writes docs/benchmarks.md

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { toTable, writeSection } from './lib/document.mjs'
import { describeMachine } from './lib/machine.mjs'
import { startWorker } from './lib/worker.mjs'

const { values: options } = parseArgs({
  options: {
    soak: { type: 'string', default: '60' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})
const soakSeconds = Number(options.soak)
if (!(soakSeconds > 0)) throw new Error('--soak takes a number of seconds')

const files = readdirSync(join(import.meta.dirname, 'load/gates'))
const all = await Promise.all(files.map(async file => (await import(`./load/gates/${file}`)).default))
const number = ({ id }) => Number(id.slice(1))
const gates = all
  .filter(({ id }) => !options.only || options.only.split(',').includes(id))
  .toSorted((a, b) => number(a) - number(b))

/** Runs a gate against a server of its own; each task of it is a new process. */
async function runOnce(gate) {
  const server = await startWorker(new URL('./load/server.mjs', import.meta.url))
  const clients = []
  try {
    const task = async (name, client, params) => {
      const args = [name, client, server.ready.origin]
      const execArgv = ['--expose-gc']
      const worker = await startWorker(new URL('./load/client.mjs', import.meta.url), args, { execArgv })
      clients.push(worker)
      return worker.ask(params)
    }
    return await gate.run({ task, server, seconds: soakSeconds })
  } finally {
    for (const worker of [...clients, server]) worker.stop()
  }
}

/** Noise does not repeat itself; a fault does. */
async function run(gate) {
  for (let left = gate.tries; ; left--) {
    const result = await runOnce(gate)
    if (result.passed || left === 1) return result
    console.log(`${gate.id} did not hold (${result.figures.join('; ')}); once more`)
  }
}

const rows = []
for (const gate of gates) {
  const start = performance.now()
  const { figures, passed } = await run(gate)
  const seconds = ((performance.now() - start) / 1000).toFixed(0)
  rows.push([gate.id, gate.title, gate.demand, figures.join('; '), passed ? 'holds' : 'DOES NOT HOLD'])
  console.log(`${gate.id.padEnd(4)}${passed ? 'holds' : 'DOES NOT HOLD'}: ${gate.title} (${seconds} s)`)
  console.log(`    demanded: ${gate.demand}`)
  for (const figure of figures) console.log(`    ${figure}`)
}
console.log(`\n${describeMachine()}`)

if (options.write) {
  if (options.only) throw new Error('--write takes all gates')
  const table = toTable(['gate', 'what', 'demanded', 'measured', 'result'], rows, () => false)
  writeSection('docs/benchmarks.md', 'bench:load', `Measured with ${describeMachine()}.\n\n${table}`)
}
process.exitCode = rows.every(row => row.at(-1) === 'holds') ? 0 : 1
