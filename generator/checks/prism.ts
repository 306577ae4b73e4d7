// Lets Prism, a validating server made of the description, look at the request of every operation, in both spellings, and reads
// the example that it answers with.
//
//   npm ci --prefix generator/checks && node generator/checks/prism.ts

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createClient, type LLMError } from '../../src/index.ts'
import { createCalls } from '../calls.ts'
import { repaired } from './repair.ts'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}

/** Starts Prism on a description. It says when it listens. */
async function startPrism(file: string, port: number): Promise<ChildProcess> {
  const prism = join(import.meta.dirname, 'node_modules/@stoplight/prism-cli/dist/index.js')
  const child = spawn(
    process.execPath,
    [prism, 'mock', file, '-m', 'false', '-h', '127.0.0.1', '-p', `${port}`],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const said = await new Promise<string>(resolve => {
    let text = ''
    const deadline = setTimeout(() => resolve(text), 120_000)
    const read = (piece: Buffer) => {
      text += piece
      if (!text.includes('listening on')) return
      clearTimeout(deadline)
      resolve(text)
    }
    // Read to the end, or it would wait for somebody to.
    child.stdout!.on('data', read)
    child.stderr!.on('data', read)
    child.once('exit', () => resolve(text))
  })
  if (said.includes('listening on')) return child
  child.kill()
  throw new Error(`Prism did not start:\n${said}`)
}

const { description, operations, schemas, call } = createCalls()
const folder = mkdtempSync(join(tmpdir(), 'llmfetch-prism-'))
const file = join(folder, 'openai.json')
writeFileSync(file, JSON.stringify(repaired(description)))
const port = await freePort()
const prism = await startPrism(file, port)
const failures: string[] = []

/** What Prism found wrong with the latest request, or with the answer that it made up. */
let violations: readonly { readonly location: readonly string[]; readonly message: string }[] = []

const client = createClient({
  baseUrl: `http://127.0.0.1:${port}`,
  apiKey: 'sk-prism',
  async fetch(url, init) {
    const response = await fetch(url, init)
    violations = JSON.parse(response.headers.get('sl-violations') ?? '[]')
    return response
  },
})

try {
  for (const operation of operations)
    for (const spelling of ['wire', 'camel'] as const)
      try {
        const ids = operation.parts.map(({ name }) => `${name}_1`)
        const result = await Promise.resolve(call(client, operation, spelling, ids)).catch(
          (error: LLMError) => {
            // The response that Prism makes up is one that failed: it was read, and told of as it should be.
            if (operation.id === 'createResponse' && error.partial) return error.partial
            throw error
          },
        )
        if (operation.read === 'readRaw') await (result as Response).arrayBuffer()
        // Some schemas contradict themselves, and no answer can be made that fits them.
        const ours = violations.filter(({ location }) => location[0] !== 'response')
        if (ours.length) throw new Error(JSON.stringify(ours))
      } catch (error) {
        failures.push(`${operation.name}, ${spelling}: ${(error as Error).message}`)
      }
  // A schema that the validator does not understand lets everything pass: nothing must be too little.
  for (const { name, route, body } of operations) {
    const needs = body?.kind === 'json' && schemas.members(body.schemas[0]!)?.required.size
    const empty = { name, route: route.replace(/\{(\w+)\}/g, '$1_1'), body: {} }
    if (needs && (await client.request(empty).catch(() => undefined)))
      failures.push(`${name}: Prism takes anything`)
  }
} finally {
  prism.kill()
  rmSync(folder, { recursive: true })
}

for (const failure of failures) console.error(failure)
console.log(
  `${operations.length * 2 - failures.length} requests accepted and answers read, ${failures.length} not`,
)
process.exitCode = failures.length ? 1 : 0
