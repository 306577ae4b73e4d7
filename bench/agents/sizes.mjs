// Weighs each program, bundled for browsers.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { root } from '../lib/paths.mjs'

/** What xsai's schemas may be of, besides zod. esbuild stops at what is not installed. */
const OTHERS = ['@valibot/to-json-schema', 'arktype', 'effect', 'sury', 'zod-to-json-schema']

const pathOf = id => join(import.meta.dirname, `programs/${id}.mjs`)

async function measure(id, external) {
  const { outputFiles } = await build({
    entryPoints: [pathOf(id)],
    alias: { llmfetch: join(root, 'dist/index.js') },
    external: ['node:*', ...OTHERS, ...external],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'error',
  })
  return `${(gzipSync(outputFiles[0].contents, { level: 9 }).length / 1000).toFixed(1)} kB`
}

/** Lines that are neither blank nor a comment, the bundle, and the bundle without the schema library. */
export async function weigh(id) {
  const lines = readFileSync(pathOf(id), 'utf8').split('\n')
  const count = lines.filter(line => line.trim() && !line.trim().startsWith('//')).length
  return [count, await measure(id, []), await measure(id, ['zod', 'zod/*'])]
}
