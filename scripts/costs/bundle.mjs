import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { root } from './root.mjs'

/** The bytes of a bundle for browsers, minified and compressed. `options` are esbuild's, `entryPoints` among them. */
export async function bundleSize(options) {
  const { outputFiles } = await build({
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'error',
    ...options,
  })
  return gzipSync(outputFiles[0].contents, { level: 9 }).length
}

/** The bytes that some code adds to a bundle of other code. */
export async function sizeAdded(contents, present) {
  const sizeOf = contents => bundleSize({ stdin: { contents, resolveDir: root } })
  return (await sizeOf(`${present}\n${contents}`)) - (await sizeOf(present))
}
