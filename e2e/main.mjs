// The spec as a program, for runtimes that have a command line.

import * as api from 'llmfetch'
import * as openai from 'llmfetch/openai'
import * as responses from 'llmfetch/responses'
import { runSpec } from './spec/index.mjs'

const [argument] = globalThis.Deno?.args ?? globalThis.process.argv.slice(2)
console.log(JSON.stringify(await runSpec({ ...api, openai, responses }, JSON.parse(argument))))
