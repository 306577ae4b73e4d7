// Runs a Worker on this machine, in workerd, which is what Cloudflare runs.

import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'

/** The Worker and all that it imports as one module, which is what `wrangler deploy` uploads. */
export async function bundleWorker(entry) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    logLevel: 'error',
    write: false,
  })
  return outputFiles[0].text
}

/**
 * @param script the Worker, one module
 * @param options.bindings its variables and secrets; those without a value are left out
 * @param options.services functions from a request to a response, by the binding's name
 * @param options.port 0 is any free one
 */
export async function runWorker(script, { bindings = {}, services = {}, port = 0 }) {
  const worker = new Miniflare(
    convertV4MiniflareOptions({
      port,
      script,
      modules: true,
      compatibilityDate: '2025-06-01',
      bindings: Object.fromEntries(Object.entries(bindings).filter(([, value]) => value)),
      serviceBindings: services,
    }),
  )
  const { origin } = await worker.ready
  return { url: origin, close: () => worker.dispose() }
}
