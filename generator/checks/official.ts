// Holds what the package sends against what OpenAI's own package sends for the same call: method, path, query, JSON and the parts
// of forms, for every operation that both have.
//
//   npm ci --prefix generator/checks && node generator/checks/official.ts

import { deepStrictEqual } from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import process from 'node:process'
import OpenAI from 'openai'
import { createClient, verifyWebhook } from '../../src/index.ts'
import { type Callable, createCalls } from '../calls.ts'
import { readOfficialPackage } from './official-package.ts'

interface Sent {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly body: unknown
}

async function partOf([name, value]: readonly [string, FormDataEntryValue]): Promise<readonly unknown[]> {
  return typeof value === 'string' ? [name, value] : [name, value.name, value.type, await value.text()]
}

/** Reads a request as the service would get it. */
async function read(url: string | URL | Request, init: RequestInit = {}): Promise<Sent> {
  const request = new Request(url, {
    ...init,
    signal: null,
    ...(init.body instanceof ReadableStream && { duplex: 'half' }),
  })
  const { pathname, search } = new URL(request.url)
  const type = request.headers.get('content-type') ?? ''
  // The official package adds the parts of a form in whichever order their values are ready.
  const body = type.startsWith('multipart/')
    ? (await Promise.all([...(await request.formData())].map(partOf))).sort()
    : await request.text()
  return { method: request.method, path: pathname, query: decodeURIComponent(search), body }
}

/** A `fetch` that records what it is given, and answers with as little as will do. */
function createRecorder(): { fetch: typeof globalThis.fetch; take(): Sent } {
  let sent: Sent | undefined
  return {
    async fetch(url, init) {
      sent = await read(url, init)
      return new Response('{"data":[],"choices":[],"text":""}', {
        headers: { 'content-type': 'application/json' },
      })
    },
    take() {
      if (!sent) throw new Error('Nothing was sent')
      const taken = sent
      sent = undefined
      return taken
    },
  }
}

const { operations, call, request } = createCalls()
const ours = createRecorder()
const theirs = createRecorder()
const client = createClient({ baseUrl: 'https://api.test/v1', apiKey: () => 'sk-ours', fetch: ours.fetch })
const methods = readOfficialPackage(theirs.fetch)
const failures: string[] = []
const missing: string[] = []

async function compare(operation: Callable): Promise<void> {
  const route = operation.route.replace(/\{\w+\}/g, '{}')
  const method = methods.find(one => one.route === route)
  if (!method) {
    missing.push(operation.name)
    return
  }
  const ids = operation.parts.map((_, index) => `id_${index}`)
  // What is made of the answer is for other tests.
  await Promise.resolve(method.call(ids, request(operation, 'wire'))).catch(() => {})
  const expected = theirs.take()
  for (const spelling of ['wire', 'camel'] as const) {
    await Promise.resolve(call(client, operation, spelling, ids)).catch(() => {})
    deepStrictEqual(ours.take(), expected, `${operation.name} and ${method.name} differ`)
  }
}

for (const operation of operations)
  await compare(operation).catch((error: unknown) =>
    failures.push(`${operation.name}: ${(error as Error).message}`),
  )

/** What one package takes for a webhook of the service, the other does. */
async function compareWebhooks(): Promise<void> {
  const secret = `whsec_${btoa('a secret of some length')}`
  const key = new TextEncoder().encode('a secret of some length')
  const body = JSON.stringify({
    id: 'evt_1',
    type: 'response.completed',
    created_at: 1,
    data: { id: 'resp_1' },
  })
  const time = `${Math.floor(Date.now() / 1000)}`
  const signed = createHmac('sha256', key).update(`wh_1.${time}.${body}`).digest('base64')
  const official = new OpenAI({ apiKey: 'sk-official' })
  for (const [text, isGood] of [
    [body, true],
    [`${body} `, false],
  ] as const) {
    const headers = { 'webhook-id': 'wh_1', 'webhook-timestamp': time, 'webhook-signature': `v1,${signed}` }
    const outcomes = await Promise.allSettled([
      verifyWebhook({ body: text, headers }, secret),
      official.webhooks.unwrap(text, headers, secret),
    ])
    deepStrictEqual(
      outcomes.map(({ status }) => status === 'fulfilled'),
      [isGood, isGood],
      'webhooks',
    )
  }
}

await compareWebhooks().catch((error: unknown) => failures.push((error as Error).message))
for (const failure of failures) console.error(failure)
// A new one is to be looked at: its path may be wrong in the description.
if (missing.length) console.error(`The official package has no ${missing.join(', ')}`)
console.log(
  `${operations.length - missing.length - failures.length} operations alike, ${missing.length} only here`,
)
process.exitCode = failures.length || missing.length ? 1 : 0
