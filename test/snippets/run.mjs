// Runs one block of a page in a process of its own: node run.mjs <file>. No request leaves the machine.

import { registerHooks } from 'node:module'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { createFakeFetch } from 'llmfetch/testing'

const models = [
  'gpt-4.1',
  'gpt-4.1-mini',
  'llama3.2',
  'llama-3.3-70b-versatile',
  'deepseek/deepseek-r1',
  'gpt-4o-mini-tts',
  'text-embedding-3-small',
  'whisper-1',
]
const service = createFakeFetch({ models })
const realFetch = globalThis.fetch

/** What other services have, by the ends of their paths. */
const others = {
  '/rerank': { results: [{ index: 1, relevance_score: 0.9 }] },
  '/generation': { data: { total_cost: 0.25 } },
  '/tags': { models: [{ name: 'llama3.2', size: 1 }] },
  '/tokenize': { tokens: [1, 2] },
}

/** What the reader has around: the service, their own server's tokens, and a fake server on loopback. */
globalThis.fetch = async (url, init) => {
  const { hostname, pathname } = new URL(url)
  if (hostname === '127.0.0.1') return realFetch(url, init)
  if (pathname === '/llm-token') return Response.json({ token: 'short-lived' })
  const other = others[pathname.slice(pathname.lastIndexOf('/'))]
  return other ? Response.json(other) : service(url, init)
}

/** A page's script runs here too. */
globalThis.document = { body: { append: text => process.stdout.write(text) } }
globalThis.location = new URL('https://app.example/chat.html')
const stored = new Map()
globalThis.caches = {
  open: async () => ({
    match: async url => stored.get(url)?.clone(),
    put: async (url, response) => stored.set(url, response),
    delete: async url => stored.delete(url),
  }),
}

/** There is no Redis here, and no phone: others take their places. */
const places = {
  'unstorage/drivers/redis': 'unstorage/drivers/memory',
  'expo/fetch': 'data:text/javascript,export const fetch = (...given) => globalThis.fetch(...given)',
}
registerHooks({
  resolve: (specifier, context, next) => next(places[specifier] ?? specifier, context),
})

process.env.LLM_API_KEY = 'sk-of-the-reader'
process.env.OPENAI_API_KEY = 'sk-of-the-reader'
delete process.env.LLM_BASE_URL

const { default: worker } = await import(pathToFileURL(process.argv[2]).href)
if (worker) {
  const body = JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }] })
  const request = new Request('https://worker.example/', { method: 'POST', body })
  const work = []
  const context = { waitUntil: promise => work.push(promise) }
  const response = await worker.fetch(
    request,
    { LLM_API_KEY: 'sk-of-the-worker', OPENAI_API_KEY: 'sk-of-the-worker' },
    context,
  )
  const text = await response.text()
  await Promise.all(work)
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
  if (!isStream && !response.ok) throw new Error(`The worker answered ${response.status}: ${text}`)
  if (isStream && !text.endsWith('data: [DONE]\n\n'))
    throw new Error(`The worker's stream is not whole: ${text}`)
}
