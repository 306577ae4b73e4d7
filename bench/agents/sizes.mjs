// Weighs each program, bundled for browsers.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { weighBundle } from '../lib/weigh.mjs'

/** What xsai's schemas may be of, besides zod. esbuild stops at what is not installed. */
const OTHERS = ['@valibot/to-json-schema', 'arktype', 'effect', 'sury', 'zod-to-json-schema']

const pathOf = id => join(import.meta.dirname, `programs/${id}.mjs`)

function measure(id, external) {
  return weighBundle({ entryPoints: [pathOf(id)], external: ['node:*', ...OTHERS, ...external] })
}

/** Lines that are neither blank nor a comment, the bundle, and the bundle without the schema library. */
export async function weigh(id) {
  const lines = readFileSync(pathOf(id), 'utf8').split('\n')
  const count = lines.filter(line => line.trim() && !line.trim().startsWith('//')).length
  return [count, await measure(id, []), await measure(id, ['zod', 'zod/*'])]
}
