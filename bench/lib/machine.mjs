import { readFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import { folder, root } from './paths.mjs'

const versionIn = path => JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')).version

/** Describes all that figures depend on. Nothing of it tells whose machine it is. */
export function describeMachine() {
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  return `llmfetch ${versionIn(root)}, Node ${process.versions.node}, ${process.platform} ${process.arch}, ${availableParallelism()} cores, ${gigabytes} GiB of memory`
}

/** The versions of a client's packages: the project's own for llmfetch, none for the bare loop. */
export function versionsOf({ id, packages }) {
  if (id === 'bare') return '–'
  const paths = packages.length ? packages.map(name => join(folder, 'node_modules', name)) : [root]
  return [...new Set(paths.map(versionIn))].join(', ')
}
