// Measures the CPU time of importing a client from a running module, in a new process each time.
import { spawnSync } from 'node:child_process'
import { folder, root } from '../lib/paths.mjs'
import { median } from '../lib/stats.mjs'

const ROUNDS = 15

/** Each import is compared to that of the smallest of llmfetch's own dependencies. */
const LEAST = { id: 'least', packages: [], imports: ['eventsource-parser'] }

/** The CPU time of an import in µs. llmfetch and its dependencies are found from the root, the other clients from here. */
function importOnce({ packages, imports }) {
  const program = `
    const start = process.cpuUsage()
    for (const specifier of ${JSON.stringify(imports)}) await import(specifier)
    const { user, system } = process.cpuUsage(start)
    console.log(user + system)`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: packages.length ? folder : root,
    encoding: 'utf8',
  })
  if (status) throw new Error(`${imports} cannot be imported:\n${stderr}`)
  return Number(stdout)
}

/** Measures, by client, the median CPU time and the median ratio to {@link LEAST}, taken within each round. */
export function measureImports(clients) {
  const measured = [LEAST, ...clients].filter(({ imports }) => imports.length)
  const taken = measured.map(() => [])
  for (let round = -1; round < ROUNDS; round++)
    measured.forEach((client, place) => {
      const micros = importOnce(client)
      // The first import reads its files from the disk, and not from the system's cache.
      if (round >= 0) taken[place].push(micros)
    })
  const figuresOf = times => ({
    ratio: median(times.map((micros, round) => micros / taken[0][round])),
    micros: median(times),
  })
  return new Map(measured.map(({ id }, place) => [id, figuresOf(taken[place])]))
}
