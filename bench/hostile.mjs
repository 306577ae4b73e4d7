// Shows each client before a server that breaks off, lies and stalls. Nothing is judged.
//
//   npm run bench -- hostile            prints what each did
//   npm run bench -- hostile --write    also writes docs/benchmarks.md

import { clientIds, loadClients } from './clients/index.mjs'
import { cases } from './hostile/cases.mjs'
import { quote, toTable, writeSection } from './lib/document.mjs'
import { describeMachine, versionsOf } from './lib/machine.mjs'
import { startWorker } from './lib/worker.mjs'

const PIECES = 10
const wait = ms => new Promise(resolve => setTimeout(resolve, ms))

/** Tells how soon the server saw the caller go. */
async function describeClose(server, leftAt) {
  for (const start = performance.now(); performance.now() - start < 5000; await wait(10)) {
    const { closedAt } = await server.ask('last')
    if (closedAt) return `server saw it after ${Math.max(0, closedAt - leftAt)} ms`
  }
  return 'server did not see it in 5 s'
}

function describeEnd({ kind, name, finish, calls }, limit) {
  if (kind === 'waiting') return `still waiting after ${limit / 1000} s`
  if (kind === 'threw') return `\`${name}\``
  if (!calls) return `ended, finish reason ${finish ?? 'none'}`
  const list = calls.map(({ name: tool, input }) => `${tool} ${JSON.stringify(input)}`)
  return calls.length ? quote(list.join(', ')) : 'no calls'
}

/** One cell: what the caller saw, and what the server did. */
async function describe(result, { reader, limit }, server) {
  const unhandled = result.unhandled.length ? `; unhandled \`${result.unhandled[0]}\`` : ''
  const end = describeEnd(result, limit)
  if (reader === 'slow') {
    const { sent } = await server.ask('last')
    return `${(sent / 1e6).toFixed(1)} MB sent in ${limit / 1000} s${result.kind === 'waiting' ? '' : `, ${end}`}${unhandled}`
  }
  if (reader === 'tools') return end + unhandled
  if (reader === 'read') return `${result.pieces} of ${PIECES}, ${end}${unhandled}`
  const close = result.leftAt ? `, ${await describeClose(server, result.leftAt)}` : ''
  return `${reader === 'leave' && result.kind === 'ended' ? 'left' : end}${close}${unhandled}`
}

/** A new process for each, so that nothing of one case is there in the next. */
async function observe(id, one) {
  const server = await startWorker(new URL('./hostile/server.mjs', import.meta.url))
  const worker = await startWorker(new URL('./hostile/client.mjs', import.meta.url), [
    id,
    server.ready.origin,
  ])
  try {
    const result = await worker.ask(one)
    return { text: await describe(result, one, server), message: result.message }
  } catch (error) {
    // The whole process went down.
    return { text: quote(error.message) }
  } finally {
    worker.stop()
    server.stop()
  }
}

const ids = clientIds.filter(id => id !== 'bare' && id !== 'llmfetch-policies')
const clients = await loadClients(ids)
const rows = []
const messages = []
for (const one of cases) {
  const cells = []
  console.log(one.title)
  for (const { id, name } of clients) {
    const { text, message } = await observe(id, one)
    cells.push(text)
    if (message) messages.push([one.title, name, quote(message, 160)])
    console.log(`    ${name.padEnd(20)} ${text}${message ? `: ${message}` : ''}`)
  }
  rows.push([one.title, ...cells])
}
console.log(`\n${describeMachine()}`)

if (process.argv.includes('--write')) {
  const notNumeric = () => false
  const matrix = toTable(['', ...clients.map(({ name }) => name)], rows, notNumeric)
  const settings = toTable(
    ['client', 'version', 'settings'],
    clients.map(client => [client.name, versionsOf(client), client.settings]),
    notNumeric,
  )
  const said = toTable(['case', 'client', 'message'], messages, notNumeric)
  const text = `Measured with ${describeMachine()}.\n\n${matrix}\n\n${settings}\n\nWhat the errors said:\n\n${said}`
  writeSection('docs/benchmarks.md', 'bench:hostile', text)
}
