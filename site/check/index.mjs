// Checks the built site: node site/check/index.mjs

import process from 'node:process'
import { browse } from './browse.mjs'
import { checkLinks } from './links.mjs'
import { serve } from './serve.mjs'

const { pages, links, problems } = checkLinks()
console.log(`${pages} pages, ${links} links: ${problems.length} problems`)

const server = await serve()
const checks = await browse(server.origin).finally(() => server.close())
console.log(`In Chromium ${checks.passed} things hold, ${checks.problems.length} problems`)

for (const problem of [...problems, ...checks.problems]) console.error(`  ${problem}`)
if (problems.length + checks.problems.length > 0) process.exitCode = 1
