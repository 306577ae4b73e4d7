import { join } from 'node:path'
import { build } from 'esbuild'
import { FROM_NPM } from '../project.mjs'

async function load() {
  return await import('miniflare')
}

/** Starts a Worker, bundled as wrangler does it, on a free port of loopback. */
export async function startWorker(file, bindings) {
  const { Miniflare } = await load()
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    target: 'es2022',
    write: false,
  })
  const worker = new Miniflare({
    modules: [{ type: 'ESModule', path: 'worker.mjs', contents: outputFiles[0].text }],
    compatibilityDate: '2025-06-01',
    bindings,
    host: '127.0.0.1',
    port: 0,
  })
  const url = (await worker.ready).origin
  return { url, close: () => worker.dispose() }
}

export const workerd = {
  name: 'workerd',

  async find() {
    try {
      const { default: manifest } = await import('workerd/package.json', { with: { type: 'json' } })
      await load()
      return { version: manifest.version }
    } catch {
      return { missing: FROM_NPM }
    }
  },

  async run({ npmProject, config }) {
    const worker = await startWorker(join(npmProject, 'worker.mjs'), { CONFIG: config })
    try {
      return await (await fetch(worker.url)).json()
    } finally {
      await worker.close()
    }
  },
}
