// What Deno and Bun have built in: a fetch handler before Node's own server.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { Readable } from 'node:stream'

async function answer(handle, request, response) {
  const { method, headers } = request
  const body = method === 'GET' || method === 'HEAD' ? undefined : Readable.toWeb(request)
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const url = `http://${headers.host ?? 'localhost'}${request.url}`
  const given = new Request(url, { method, headers, body, duplex: 'half', signal: gone.signal })
  const answered = await handle(given)
  response.writeHead(answered.status, Object.fromEntries(answered.headers))
  response.flushHeaders()
  const reader = answered.body?.getReader()
  // The relay has to know that nobody reads any more.
  response.once('close', () => reader?.cancel().catch(() => {}))
  for (;;) {
    const { value } = (await reader?.read()) ?? {}
    if (!value) break
    // A reader who is slow must not fill the memory.
    if (!response.write(value)) await once(response, 'drain', { signal: gone.signal }).catch(() => {})
  }
  response.end()
}

/** Serves a fetch handler, and tells where. */
export async function serve(handle, port) {
  const server = createServer((request, response) => {
    answer(handle, request, response).catch(error => {
      console.error(error)
      response.destroy()
    })
  })
  server.listen(port)
  await once(server, 'listening')
  return `http://localhost:${server.address().port}`
}
