// Builds the site into site/.vitepress/dist, or serves it with --dev. `run.mjs` installs what it needs before.

import { mkdirSync, rmSync } from 'node:fs'
import process from 'node:process'
import { build, createServer } from 'vitepress'
import { writeApi } from './api.mjs'
import { writeHome } from './home.mjs'
import { built, folder, generated } from './paths.mjs'

// What an older version has left behind would be found by search.
for (const path of [generated, built]) rmSync(path, { recursive: true, force: true })
mkdirSync(generated)
writeHome()
await writeApi()
if (process.argv.includes('--dev')) {
  const server = await createServer(folder)
  await server.listen()
  server.printUrls()
} else {
  await build(folder)
}
