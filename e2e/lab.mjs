// The service that the spec talks to: the packed fake model behind a server as strict about CORS as any, which keeps a record.

import { once } from 'node:events'
import { createServer, request as send } from 'node:http'

/** What a preflight allows; `accept` needs no leave. */
const ALLOWED_HEADERS = ['authorization', 'content-type']
const EXPOSED_HEADERS = 'x-request-id, retry-after, retry-after-ms'

/**
 * Serves `/{id}/{faults}/v1/…`: `faults` is a list, in JSON, of what goes wrong with each request in turn; with `slow: true` in one,
 * `slowModel` answers instead of `model` (addresses). `/seen/{id}` tells what was received under an id. Listens on loopback.
 */
export async function startLab({ model, slowModel }) {
  const records = new Map()
  const recordOf = id => {
    if (!records.has(id)) records.set(id, { preflights: [], requests: [] })
    return records.get(id)
  }
  const server = createServer((request, response) => {
    const [, id, faults, path] = /^\/([^/]+)\/([^/]+)(\/.*)?$/.exec(request.url) ?? []
    if (id === 'seen') {
      response.writeHead(200, { 'access-control-allow-origin': '*', 'content-type': 'application/json' })
      response.end(JSON.stringify(recordOf(faults)))
    } else if (path === undefined) response.writeHead(404).end()
    else if (request.method === 'OPTIONS') preflight(request, response, recordOf(id))
    else forward({ models: { model, slowModel }, request, response, path, faults, record: recordOf(id) })
  })
  await listen(server)
  return { url: urlOf(server), close: () => stop(server) }
}

export async function listen(server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
}

export function urlOf(server) {
  return `http://127.0.0.1:${server.address().port}`
}

export function stop(server) {
  server.closeAllConnections()
  return new Promise(resolve => server.close(resolve))
}

/** Refuses, by saying nothing of CORS, whatever asks for more than the API needs. */
function preflight({ headers }, response, record) {
  const asked = (headers['access-control-request-headers'] ?? '').split(',').filter(Boolean)
  record.preflights.push({ origin: headers.origin, headers: asked })
  if (!asked.every(name => ALLOWED_HEADERS.includes(name.trim().toLowerCase())))
    return response.writeHead(403).end()
  response.writeHead(204, {
    'access-control-allow-origin': headers.origin,
    'access-control-allow-methods': headers['access-control-request-method'],
    'access-control-allow-headers': asked.join(),
    'access-control-max-age': '0',
    vary: 'origin',
  })
  response.end()
}

function forward({ models, request, response, path, faults, record }) {
  const { origin } = request.headers
  const entry = { path, headers: request.headers, body: '', closedAt: null, aborted: false }
  const { slow, ...fault } = JSON.parse(decodeURIComponent(faults))[record.requests.push(entry) - 1] ?? {}
  const headers = { ...request.headers, 'x-fake-fault': JSON.stringify(fault) }
  const onward = send(
    (slow ? models.slowModel : models.model) + path,
    { method: request.method, headers },
    answer => {
      const cors = origin && { 'access-control-allow-origin': origin, vary: 'origin' }
      const { 'access-control-allow-origin': _, ...rest } = answer.headers
      response.writeHead(answer.statusCode, {
        ...rest,
        ...cors,
        'access-control-expose-headers': EXPOSED_HEADERS,
      })
      response.flushHeaders()
      // What the model broke off is to break off here, after what it sent.
      answer.on('error', () => response.socket?.destroySoon())
      answer.pipe(response)
    },
  )
  onward.on('error', () => response.socket?.destroySoon())
  request.on('data', piece => {
    entry.body += piece
  })
  request.pipe(onward)
  response.on('close', () => {
    entry.closedAt = Date.now()
    entry.aborted = !response.writableFinished
    onward.destroy()
  })
}
