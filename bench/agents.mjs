// The same agent with each client that runs tools: how long it is, what it weighs, and what it does when things go wrong.
//
//   npm run bench -- agents            prints it
//   npm run bench -- agents --write    also writes docs/benchmarks.md

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { startFakeServer } from '../dist/testing/server.js'
import { cases } from './agents/cases.mjs'
import { weigh } from './agents/sizes.mjs'
import { quote, toTable, writeSection } from './lib/document.mjs'
import { describeMachine, versionsOf } from './lib/machine.mjs'

/** How long a client may take for what takes 2 s at most, in ms. */
const LIMIT = 10_000

const zod = 'zod'
const clients = [
  { id: 'llmfetch', packages: [], note: '' },
  { id: 'xsai', packages: ['@xsai/stream-text'], note: 'no retries, no time limits; input checked by hand' },
  { id: 'llmwire', packages: ['llmwire'], note: 'the object comes whole; input checked by hand' },
  { id: 'openai', packages: ['openai'], note: '' },
  { id: 'ai', packages: ['ai', '@ai-sdk/openai-compatible'], note: '' },
]
const hooks = join(import.meta.dirname, 'agents/hooks.mjs')

/** Runs a program to its end, or to its time limit. */
async function runProgram(file, args, env = {}) {
  const child = spawn(process.execPath, ['--import', hooks, file, ...args], {
    env: { ...process.env, ...env },
  })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    out += text
  })
  child.stderr.resume()
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT)
  const [code, signal] = await once(child, 'close')
  clearTimeout(timer)
  return { out, code, isLate: signal === 'SIGKILL' }
}

/** What the model was told of its calls, at last. */
function toldIn(requests) {
  const messages = requests.at(-1)?.body.messages ?? []
  return messages.filter(({ role }) => role === 'tool').map(({ content }) => content)
}

/** One cell: what was run, what the model was told, how it ended, and whether the process lived. */
async function observe(id, place) {
  const { reply, faults, tool } = cases[place]
  const server = await startFakeServer({ reply, faults, chunkDelay: 1 })
  const file = join(import.meta.dirname, 'agents/child.mjs')
  const { out, code, isLate } = await runProgram(file, [id, String(place), server.baseUrl])
  const { requests } = server
  await server.close()
  if (!out) return isLate ? `still waiting after ${LIMIT / 1000} s` : `the process dies (${code})`
  const { ran, hears, end, threw, isPrompt } = JSON.parse(out)
  const told = [...new Set(toldIn(requests))].map(text => `“${quote(text, 60)}”`)
  return [
    ran ? `runs it${ran > 1 ? ` ${ran} times` : ''}` : 'runs nothing',
    tool === 'aborts' && (hears ? 'its signal aborts' : 'it hears nothing'),
    told.length && `tells ${told.join(', ')}`,
    threw ? `throws ${threw.includes(' ') ? threw : `\`${threw}\``}` : `ends: ${end}`,
    tool === 'aborts' && (isPrompt ? 'at once' : 'when the tool has ended'),
    isLate ? 'the process does not end' : code && '**the process dies** of an unhandled rejection',
  ]
    .filter(Boolean)
    .join('; ')
}

/** Makes sure that the programs that are weighed do what they are for. The end of their process is told, not judged. */
async function tryProgram({ id }) {
  const server = await startFakeServer({ chunkDelay: 1 })
  const env = { LLM_BASE_URL: server.baseUrl, LLM_API_KEY: 'k', LLM_MODEL: 'fake-small' }
  const { out, code } = await runProgram(join(import.meta.dirname, `agents/programs/${id}.mjs`), [], env)
  const { requests } = server
  await server.close()
  if (!/Rome.*It is noon in Rome\.[\s\S]*: \d+ tokens\n[\s\S]*1 sights: \w+\n/.test(out))
    throw new Error(`The agent with ${id} does not do its work:\n${out}`)
  if (requests.length !== 4 || !requests[3].aborted) throw new Error(`The agent with ${id} does not stop`)
  return code ? '**dies** of an unhandled rejection' : 'lives'
}

const sizes = []
for (const client of clients) {
  const [lines, whole, alone] = await weigh(client.id)
  sizes.push([client.id, versionsOf(client), lines, whole, alone, await tryProgram(client), client.note])
  console.log(sizes.at(-1).join(' | '))
}
const rows = []
for (const [place, { title }] of cases.entries()) {
  const row = []
  for (const { id } of clients) {
    row.push(await observe(id, place))
    console.log(`${title} | ${id} | ${row.at(-1)}`)
  }
  rows.push([title, ...row])
}

if (process.argv.includes('--write'))
  writeSection(
    'docs/benchmarks.md',
    'bench:agents',
    [
      `Measured with ${describeMachine()}. ${zod} is ${versionsOf({ packages: [zod] })}.`,
      toTable(
        ['client', 'version', 'lines', `with ${zod}`, 'without', 'process after the cancel', ''],
        sizes,
        place => place > 1 && place < 5,
      ),
      toTable(['case', ...clients.map(({ id }) => id)], rows, () => false),
    ].join('\n\n'),
  )
