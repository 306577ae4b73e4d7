import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { RelayHandler } from '../../src/relay/index.ts'

/** Something that listens on loopback. */
export interface Listening {
  readonly url: string
  close(): Promise<void>
}

async function listen(server: Server, sockets: Set<Socket>): Promise<Listening> {
  server.on('connection', socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

async function answer(
  handle: RelayHandler,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const controller = new AbortController()
  response.once('close', () => controller.abort())
  const hasBody = request.method === 'POST'
  const body = hasBody ? (ReadableStreamOf(request) as BodyInit) : null
  const init = {
    method: request.method!,
    headers: request.headers as { [name: string]: string },
    body,
    duplex: 'half',
    signal: controller.signal,
  }
  const answered = await handle(
    new Request(`http://${request.headers.host}${request.url}`, init as RequestInit),
  )
  response.writeHead(answered.status, Object.fromEntries(answered.headers))
  response.flushHeaders()
  const reader = answered.body?.getReader()
  response.once('close', () => reader?.cancel().catch(() => {}))
  for (;;) {
    const part = await reader?.read()
    if (!part?.value) break
    if (!response.write(part.value)) await Promise.race([once(response, 'drain'), once(response, 'close')])
  }
  response.end()
}

function ReadableStreamOf(request: IncomingMessage): ReadableStream<Uint8Array> {
  const iterator = request[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next()
      if (done) controller.close()
      else controller.enqueue(new Uint8Array(value))
    },
  })
}

/** Serves a handler over HTTP. */
export function serve(handle: RelayHandler): Promise<Listening> {
  const server = createHttpServer((request, response) => {
    answer(handle, request, response).catch(() => response.destroy())
  })
  return listen(server, new Set())
}

/** A proxy of TCP that ends each connection after so many bytes of answers, by a reset, and counts them. */
export async function startCuttingProxy(
  target: string,
  length: () => number,
): Promise<Listening & { cuts: () => number }> {
  const { port, hostname } = new URL(target)
  const sockets = new Set<Socket>()
  let cuts = 0
  const server = createServer(client => {
    const upstream = connect(Number(port), hostname)
    let left = length()
    const end = () => {
      client.destroy()
      upstream.destroy()
    }
    client.on('error', end).on('close', end)
    upstream.on('error', end).on('close', end)
    client.pipe(upstream)
    upstream.on('data', bytes => {
      if (bytes.length <= left) {
        left -= bytes.length
        client.write(bytes)
        return
      }
      cuts++
      const part = bytes.subarray(0, left)
      left = 0
      upstream.destroy()
      // A reset throws away what the other side has not read yet: half of the cuts lose more than the byte they stand at.
      if (cuts % 2) client.write(part, () => client.resetAndDestroy())
      else client.end(part)
    })
  })
  return { ...(await listen(server, sockets)), cuts: () => cuts }
}
