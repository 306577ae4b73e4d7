// What a process pays to load a client: CPU time of the import alone, in a new process each time.
import { spawnSync } from 'node:child_process'
import { folder } from '../lib/paths.mjs'
import { median } from '../lib/stats.mjs'

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

/**
 * Medians by client, in ms; the clients in turn, so that a slow moment of the machine falls on all. Those that import the same
 * get the same figure, those that import nothing none.
 */
export function measureImports(clients, rounds) {
  const kinds = [...new Set(clients.map(({ imports }) => imports.join(' ')))].filter(Boolean)
  const times = new Map(kinds.map(kind => [kind, []]))
  for (let round = -1; round < rounds; round++)
    for (const kind of kinds) {
      const ms = importOnce(kind.split(' '))
      // The first one finds the files outside of the system's cache.
      if (round >= 0) times.get(kind).push(ms)
    }
  return clients.map(({ imports }) => (imports.length > 0 ? median(times.get(imports.join(' '))) : undefined))
}
