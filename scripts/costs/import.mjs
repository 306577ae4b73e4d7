import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { root } from './root.mjs'

/** CPU time in ms that a module which already runs spends on importing a package, in a process of its own. */
function importOnce(name) {
  const program = `
    const start = process.cpuUsage()
    await import(${JSON.stringify(name)})
    const { user, system } = process.cpuUsage(start)
    console.log((user + system) / 1000)`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: root,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${name} cannot be imported:\n${stderr}`)
  return Number(stdout)
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1]
}

/**
 * How many times the CPU time of importing eventsource-parser the import of this package takes. The two are imported in turn, so
 * that a slow moment of the machine falls on both.
 */
export function measureImport(rounds = 15) {
  const names = ['eventsource-parser', 'llmfetch']
  // The first import of each finds its files outside of the system's cache.
  names.forEach(importOnce)
  const times = Array.from({ length: rounds }, () => names.map(importOnce))
  const [parser, own] = names.map((_, index) => median(times.map(round => round[index])))
  return { ratio: own / parser, ms: own }
}
