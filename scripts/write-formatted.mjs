import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const biome = join(import.meta.dirname, '../node_modules/.bin/biome')

/** Writes a file as the formatter wants it, so that what a script wrote passes the check. */
export function writeFormatted(file, text) {
  writeFileSync(file, text)
  const { status, stderr } = spawnSync(biome, ['format', '--write', file], { encoding: 'utf8' })
  if (status) throw new Error(`biome could not format ${file}:\n${stderr}`)
}
