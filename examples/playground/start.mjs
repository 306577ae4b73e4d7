// npm run playground
//
// Serves the page, its Worker and a fake model on this machine. To talk to a real service instead:
//
//   LLM_BASE_URL=https://api.openai.com/v1 LLM_API_KEY=sk-… LLM_MODEL=gpt-4.1 npm run playground
//
// PORT chooses the port; 8787 without it.

import process from 'node:process'
import { startFakeModel } from './fake-model.mjs'
import { servePlayground } from './serve.mjs'

const { LLM_BASE_URL, LLM_API_KEY, LLM_MODEL, PORT = '8787' } = process.env
const fake = LLM_BASE_URL ? undefined : await startFakeModel()
const bindings = fake?.bindings ?? { LLM_BASE_URL, LLM_API_KEY, LLM_MODEL }
const { url } = await servePlayground(bindings, Number(PORT))

console.log(`The playground is at ${url}`)
console.log(fake ? 'Behind it: a fake model on this machine' : `Behind it: ${LLM_BASE_URL}`)
