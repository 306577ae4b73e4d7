// npm run playground
//
// Serves the page, its Worker and a fake model on this machine. To talk to a real service instead:
//
//   LLM_BASE_URL=https://api.openai.com/v1 LLM_API_KEY=sk-… LLM_MODELS=gpt-4.1,gpt-4.1-mini npm run playground
//
// A key is spent on the models of LLM_MODEL and LLM_MODELS alone, and LLM_MAX_TOKENS (4096) is the longest answer. A service
// without a key, Ollama say, needs no list. PORT chooses the port, 8787 without it; PLAYGROUND_HOST names a host other than
// localhost under which the page may be opened.

import process from 'node:process'
import { startFakeModel } from './fake-model.mjs'
import { servePlayground } from './serve.mjs'
import { lacksModels, readSettings } from './settings.mjs'

const { LLM_BASE_URL, LLM_API_KEY, LLM_MODEL, LLM_MODELS, LLM_MAX_TOKENS, PLAYGROUND_HOST } = process.env
const { PORT = '8787' } = process.env
const given = { LLM_BASE_URL, LLM_API_KEY, LLM_MODEL, LLM_MODELS, LLM_MAX_TOKENS, PLAYGROUND_HOST }

if (LLM_BASE_URL && lacksModels(readSettings(given))) {
  console.error('LLM_API_KEY needs LLM_MODEL or LLM_MODELS: the models that it may be spent on')
  process.exit(1)
}
const fake = LLM_BASE_URL ? undefined : await startFakeModel()
const bindings = fake ? { ...fake.bindings, PLAYGROUND_HOST } : given
const { url } = await servePlayground(bindings, Number(PORT)).catch(error => {
  if (!/ADDRESS_IN_USE|EADDRINUSE/.test(error.code)) throw error
  console.error(`Port ${PORT} is taken: PORT=${Number(PORT) + 1} npm run playground`)
  process.exit(1)
})

console.log(`The playground is at ${url}`)
console.log(fake ? 'Behind it: a fake model on this machine' : `Behind it: ${LLM_BASE_URL}`)
