// A relay of the packed package that keeps its streams, for pages of any origin: each user's name stands in the token.

import { createServer } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { listen, stop, urlOf } from './lab.mjs'

async function answer(handle, request, response) {
  const { method, headers } = request
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const body = method === 'POST' ? Readable.toWeb(request) : undefined
  const url = `http://${headers.host}${request.url}`
  const answered = await handle(
    new Request(url, { method, headers, body, duplex: 'half', signal: gone.signal }),
  )
  response.writeHead(answered.status, Object.fromEntries(answered.headers))
  if (!answered.body) return response.end()
  Readable.fromWeb(answered.body)
    .on('error', () => response.destroy())
    .pipe(response)
}

/**
 * Serves the relay of the npm project in `project` before the service at `baseUrl`, on loopback. `asked(user)` tells how often the
 * service was asked for a user.
 */
export async function startKept(project, baseUrl) {
  const file = join(project, 'node_modules/llmfetch/dist/relay/index.js')
  const { memoryStreams, relay } = await import(pathToFileURL(file))
  const asked = new Map()
  const handle = relay({
    baseUrl,
    authorize: request => request.headers.get('authorization')?.slice('Bearer '.length),
    models: ['fake-small'],
    origins: ['*'],
    streams: memoryStreams(),
    rewrite: (body, user) => ({ ...body, user }),
    fetch(url, init) {
      const { user } = JSON.parse(init.body)
      asked.set(user, (asked.get(user) ?? 0) + 1)
      return fetch(url, init)
    },
  })
  const server = createServer((request, response) => {
    answer(handle, request, response).catch(() => response.destroy())
  })
  await listen(server)
  return { url: urlOf(server), asked: user => asked.get(user) ?? 0, close: () => stop(server) }
}
