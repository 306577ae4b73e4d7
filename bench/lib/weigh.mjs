import { join } from 'node:path'
import { bundleSize } from '../../scripts/costs/bundle.mjs'
import { root } from './paths.mjs'

/** Bundles with the `llmfetch` that was built here, and tells the size in kB. `options` are esbuild's. */
export async function weighBundle(options) {
  const bytes = await bundleSize({ alias: { llmfetch: join(root, 'dist/index.js') }, ...options })
  return `${(bytes / 1000).toFixed(1)} kB`
}
