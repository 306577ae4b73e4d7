// The Worker between the playground's page and a language model. It holds the key; the page never sees it.
//
// For the page it is a service like any other: /api/models and /api/chat/completions speak the same protocol on both sides.
// It does not try again: the retries are the page's, where they can be watched.
//
// It is made for your own machine. Where others can reach it, put a login in front: whoever opens the page spends the key.

import { createClient, isLLMError, listModels, streamChatCompletion, timeout, toSSEResponse } from 'llmfetch'
import { disclose, toResponse } from './disclose.mjs'
import { checkHost, checkSite, Refusal, readObject } from './guard.mjs'
import { faultFor, requestOf } from './request.mjs'
import { lacksModels, readSettings } from './settings.mjs'

/** A page runs the scripts that this Worker serves, talks to this Worker, and nothing else. */
const policy = nonce =>
  [
    "default-src 'none'",
    // The nonce is for the import map, which must stand in the page.
    `script-src 'self' 'nonce-${nonce}'`,
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ')

function connect({ baseUrl, apiKey }) {
  // workerd notices that a reader has left when it writes next, so a silent service is left alone by this limit.
  const limits = timeout({ headers: 60_000, firstEvent: 60_000, idle: 30_000, total: 600_000 })
  return createClient({ baseUrl, apiKey, policies: [limits], maxResponseBytes: 8_388_608 })
}

/** The stream with errors in words that a page may read. Its reader's leave reaches the service at once. */
function discreet(stream) {
  const source = stream[Symbol.asyncIterator]()
  const rethrow = error => {
    throw isLLMError(error) ? disclose(error) : error
  }
  const iterator = { next: () => source.next().catch(rethrow), return: () => source.return() }
  return { [Symbol.asyncIterator]: () => iterator }
}

async function chat(request, settings) {
  const asked = await readObject(request)
  if (!Array.isArray(asked.messages)) throw new Refusal(400, 'messages must be a list')
  const body = requestOf(asked, settings)
  const options = { signal: request.signal, headers: faultFor(request, settings) }
  const stream = streamChatCompletion(connect(settings), body, options)
  // Settles with the first event: what fails before it still gets a status of its own.
  await stream.response
  return toSSEResponse(discreet(stream))
}

/** The models that may be asked, as a service lists them, and what else a page has to know to offer them. */
async function models(settings) {
  const { maxTokens, faults } = settings
  const data = settings.models.length
    ? settings.models.map(id => ({ id, object: 'model' }))
    : (await listModels(connect(settings))).data.map(({ id }) => ({ id, object: 'model' }))
  const known = Object.entries(faults).map(([id, { label }]) => ({ id, label }))
  return Response.json({ object: 'list', data, playground: { max_tokens: maxTokens, faults: known } })
}

async function page(request, env) {
  const asset = await env.ASSETS.fetch(request)
  const response = new Response(asset.body, asset)
  response.headers.set('x-content-type-options', 'nosniff')
  response.headers.set('referrer-policy', 'no-referrer')
  response.headers.set('cross-origin-resource-policy', 'same-origin')
  if (!response.headers.get('content-type')?.startsWith('text/html')) return response
  const nonce = crypto.randomUUID()
  response.headers.set('content-security-policy', policy(nonce))
  const mark = { element: element => void element.setAttribute('nonce', nonce) }
  return new HTMLRewriter().on('script[type=importmap]', mark).transform(response)
}

/** The methods of the API, by path. */
const api = {
  '/api/models': { method: 'GET', answer: (_, settings) => models(settings) },
  '/api/chat/completions': { method: 'POST', answer: chat },
}

function answer(request, env) {
  const settings = readSettings(env)
  checkHost(request, settings)
  const { pathname } = new URL(request.url)
  if (!Object.hasOwn(api, pathname)) return page(request, env)
  checkSite(request, api[pathname].method)
  if (lacksModels(settings)) throw new Refusal(500, 'LLM_MODEL or LLM_MODELS must say what may be asked')
  return api[pathname].answer(request, settings)
}

export default {
  async fetch(request, env) {
    try {
      return await answer(request, env)
    } catch (error) {
      if (error instanceof Refusal) return error.toResponse()
      if (isLLMError(error)) return toResponse(error)
      // A page that has gone reads no answer. Anything else is a mistake in here, which only the log should show.
      if (!request.signal.aborted) console.error(error)
      return new Refusal(500, 'The playground has failed').toResponse()
    }
  },
}
