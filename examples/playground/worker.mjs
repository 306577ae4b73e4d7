// The Worker between the playground's page and a language model. It holds the key; the page never sees it.
//
// For the page it is a service like any other: /api/models and /api/chat/completions speak the same protocol on both sides.

import {
  createClient,
  isLLMError,
  listModels,
  retry,
  streamChatCompletion,
  timeout,
  toSSEResponse,
} from 'llmfetch'

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

function connect({ LLM_BASE_URL: baseUrl, LLM_API_KEY: apiKey }) {
  const limits = timeout({ headers: 20_000, firstEvent: 20_000, idle: 15_000 })
  return createClient({ baseUrl, apiKey, policies: [retry({ maxRetries: 1 }), limits] })
}

/** The error as the service would have sent it, so that the page's client makes the same typed error of it. */
function refuse(error) {
  if (!isLLMError(error)) throw error
  const { name, message, status = name === 'TimeoutError' ? 504 : 502, type = name, code, param } = error
  const headers = error.retryAfter === undefined ? {} : { 'retry-after-ms': `${error.retryAfter}` }
  // The page's client puts the status before the message again.
  const text = message.replace(`${status} `, '')
  return Response.json({ error: { message: text, type, code, param } }, { status, headers })
}

async function chat(request, env) {
  const asked = await request.json().catch(() => undefined)
  if (!Array.isArray(asked?.messages)) {
    const error = { message: 'Not a conversation', type: 'invalid_request_error' }
    return Response.json({ error }, { status: 400 })
  }
  // What is not named here is not the page's to choose.
  const { model, messages, tools, tool_choice, stream_options } = asked
  const body = { model, messages, tools, tool_choice, stream_options }
  const stream = streamChatCompletion(connect(env), body, { signal: request.signal })
  try {
    // Settles with the first event: what fails before it still gets a status of its own.
    await stream.response
    return toSSEResponse(stream)
  } catch (error) {
    return refuse(error)
  }
}

async function models(env) {
  const list = ids => Response.json({ object: 'list', data: ids.map(id => ({ id, object: 'model' })) })
  const own = env.LLM_MODEL ? [env.LLM_MODEL] : []
  try {
    const { data } = await listModels(connect(env))
    return list([...new Set([...own, ...data.map(({ id }) => id)])])
  } catch (error) {
    // Not every service lists its models.
    return own.length ? list(own) : refuse(error)
  }
}

async function page(request, env) {
  const asset = await env.ASSETS.fetch(request)
  const response = new Response(asset.body, asset)
  response.headers.set('x-content-type-options', 'nosniff')
  response.headers.set('referrer-policy', 'no-referrer')
  if (!response.headers.get('content-type')?.startsWith('text/html')) return response
  const nonce = crypto.randomUUID()
  response.headers.set('content-security-policy', policy(nonce))
  const mark = { element: element => void element.setAttribute('nonce', nonce) }
  return new HTMLRewriter().on('script[type=importmap]', mark).transform(response)
}

export default {
  fetch(request, env) {
    const { pathname, origin } = new URL(request.url)
    // Another site's page must not spend the key either.
    const from = request.headers.get('origin')
    if (from && from !== origin) return new Response('Not from another origin', { status: 403 })
    if (pathname === '/api/models') return models(env)
    if (pathname === '/api/chat/completions') return chat(request, env)
    return page(request, env)
  },
}
