// Runs one block of the README in a process of its own: node run.mjs <file>. No request leaves the machine.

import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { createFakeFetch } from 'llmfetch/testing'

const models = ['gpt-4.1', 'llama3.2', 'text-embedding-3-small']
const service = createFakeFetch({ models })
const realFetch = globalThis.fetch

/** What the reader has around: the service, their own server's tokens, and a fake server on loopback. */
globalThis.fetch = async (url, init) => {
  const { hostname, pathname } = new URL(url)
  if (hostname === '127.0.0.1') return realFetch(url, init)
  return pathname === '/llm-token' ? Response.json({ token: 'short-lived' }) : service(url, init)
}

/** A page's script runs here too. */
globalThis.document = { body: { append: text => process.stdout.write(text) } }

process.env.LLM_API_KEY = 'sk-of-the-reader'
delete process.env.LLM_BASE_URL

const { default: worker } = await import(pathToFileURL(process.argv[2]).href)
if (worker) {
  const body = JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }] })
  const request = new Request('https://worker.example/', { method: 'POST', body })
  const response = await worker.fetch(request, { LLM_API_KEY: 'sk-of-the-worker' })
  const text = await response.text()
  if (!text.endsWith('data: [DONE]\n\n')) throw new Error(`The worker's stream is not whole: ${text}`)
}
