import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { root } from './root.mjs'

/** The bytes of a bundle, minified and compressed, of what some code exports. */
async function sizeOf(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'error',
  })
  return gzipSync(outputFiles[0].contents, { level: 9 }).length
}

/** The bytes that some code adds to a bundle of other code. */
export async function sizeAdded(contents, present) {
  return (await sizeOf(`${present}\n${contents}`)) - (await sizeOf(present))
}
