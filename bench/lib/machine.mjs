import { readFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import { root } from './paths.mjs'

/** What figures depend on: nothing of it tells whose machine it is. */
export function describeMachine() {
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return `llmfetch ${version}, Node ${process.versions.node}, ${process.platform} ${process.arch}, ${availableParallelism()} cores, ${gigabytes} GiB of memory`
}
