// Lets a program import the built package by its name: node --import ./hooks.mjs program.mjs

import { registerHooks } from 'node:module'

const built = new URL('../../dist/index.js', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) => next(specifier === 'llmfetch' ? built : specifier, context),
})
