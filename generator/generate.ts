// Writes `src/openai`, the generated part of `src/responses` and the types of webhooks out of `generator/openai.json` and
// `generator/overrides.ts`, and the names that the tests of `src/wire` are held against:
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
import { wireNamesOf } from './wire-names.ts'

export const root: string = join(import.meta.dirname, '..')

/** The texts of all generated files, by their paths from `src`, not formatted yet. */
export function generate(): ReadonlyMap<string, string> {
  return emit(makePlan(readDescription(), overrides), overrides)
}

/** The text of `test/fixtures/wire-maps.json`. */
export function wireNames(): string {
  return `${JSON.stringify(wireNamesOf(readDescription()), null, 2)}\n`
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
  writeFileSync(join(root, 'test/fixtures/wire-maps.json'), wireNames())
}

if (process.argv[1] === import.meta.filename) write()
