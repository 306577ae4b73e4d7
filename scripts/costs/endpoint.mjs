import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { root } from './root.mjs'

async function sizeOf(names) {
  const { outputFiles } = await build({
    stdin: { contents: `export { ${names.join(', ')} } from 'llmfetch'`, resolveDir: root },
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

/** Bytes that each of some endpoint functions adds, on average, to a bundle that has a client and a call already. The first with an id in its path brings what fills that in, too. */
export async function measureEndpoint(names = ['listModels']) {
  const present = ['createClient', 'createChatCompletion']
  return ((await sizeOf([...present, ...names])) - (await sizeOf(present))) / names.length
}
