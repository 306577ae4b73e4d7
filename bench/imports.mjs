// What a process pays to load a client: CPU time of the import alone, in a new process each time.
import { spawnSync } from 'node:child_process'
import { folder } from './lib/paths.mjs'
import { median } from './lib/stats.mjs'

function importOnce(specifiers) {
  const program = `
    const start = process.cpuUsage()
    for (const specifier of ${JSON.stringify(specifiers)}) await import(specifier)
    const { user, system } = process.cpuUsage(start)
    console.log((user + system) / 1000)`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (status) throw new Error(`${specifiers} cannot be imported:\n${stderr}`)
  return Number(stdout)
}

/** Medians by client, in ms; the clients in turn, so that a slow moment of the machine falls on all. */
export function measureImports(clients, rounds) {
  const times = clients.map(() => [])
  for (let round = -1; round < rounds; round++)
    for (const [place, { imports }] of clients.entries()) {
      const ms = importOnce(imports)
      // The first one finds the files outside of the system's cache.
      if (round >= 0) times[place].push(ms)
    }
  return times.map(median)
}
