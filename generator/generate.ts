// Writes `src/openai`, the generated part of `src/responses` and the types of webhooks out of `generator/openai.json` and
// `generator/overrides.ts`:
//
//   npm run generate

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { readDescription } from './description.ts'
import { emit } from './emit.ts'
import { overrides } from './overrides.ts'
import { makePlan } from './plan.ts'

export const root: string = join(import.meta.dirname, '..')

/** The texts of all generated files, by their paths from `src`, not formatted yet. */
export function generate(): ReadonlyMap<string, string> {
  return emit(makePlan(readDescription(), overrides), overrides)
}

/** Formats a text, and sorts its imports, as the project's checks want it. */
export function format(path: string, text: string): string {
  const biome = join(root, 'node_modules/.bin/biome')
  const { status, stdout, stderr } = spawnSync(
    biome,
    ['check', '--write', `--stdin-file-path=${join('src', path)}`],
    {
      cwd: root,
      input: text,
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    },
  )
  if (status) throw new Error(`biome could not format ${path}:\n${stderr}`)
  return stdout
}

function write(): void {
  for (const [path, text] of generate()) {
    const formatted = format(path, text)
    writeFileSync(join(root, 'src', path), formatted)
    console.log(`${path}: ${formatted.split('\n').length} lines`)
  }
}

if (process.argv[1] === import.meta.filename) write()
