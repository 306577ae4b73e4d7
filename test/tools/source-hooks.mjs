// Lets a program import the source as the package: node --import ./source-hooks.mjs program.mjs

import { registerHooks } from 'node:module'

const source = new URL('../../src/index.ts', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) => next(specifier === 'llmfetch' ? source : specifier, context),
})
