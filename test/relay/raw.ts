import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { type AddressInfo, connect } from 'node:net'

/** What came back over a raw connection. */
export interface RawAnswer {
  /** 0 where the connection was closed without a word. */
  readonly status: number
  readonly headers: string
  readonly text: string
}

/** Sends bytes as they are, and reads to the end of the connection. */
export async function sendRaw(url: string, ...pieces: readonly (string | Uint8Array)[]): Promise<RawAnswer> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const received: Buffer[] = []
  socket.on('data', bytes => received.push(bytes)).on('error', () => {})
  for (const piece of pieces) socket.write(piece)
  await once(socket, 'close')
  const text = Buffer.concat(received).toString()
  const [, status = '0'] = /^HTTP\/1\.1 (\d+)/.exec(text) ?? []
  const end = text.indexOf('\r\n\r\n')
  return { status: Number(status), headers: text.slice(0, end).toLowerCase(), text: text.slice(end + 4) }
}

/** Writes a request as text. Headers are pairs, as an attacker may send one twice. */
export function requestOf(
  method: string,
  path: string,
  headers: readonly (readonly [string, string])[],
  body = '',
): string {
  const length = body ? [['content-length', `${Buffer.byteLength(body)}`] as const] : []
  const lines = [['host', 'relay.test'], ['connection', 'close'], ...length, ...headers]
  return `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`
}

/** What a service was sent, byte for byte. */
export interface Received {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly text: string
  isAborted: boolean
}

/** A service that keeps what it is sent, and answers with `reply`: a status and JSON, or the contents of a stream. */
export async function startService(
  reply: (received: Received) => {
    status?: number
    json?: object
    words?: readonly string[]
    delay?: number
  },
): Promise<{ baseUrl: string; received: Received[]; close(): Promise<void> }> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const piece of request.setEncoding('utf8')) text += piece
    const { method, url, headers } = request
    const entry: Received = { method: method!, url: url!, headers, text, isAborted: false }
    received.push(entry)
    response.on('close', () => {
      entry.isAborted = !response.writableFinished
    })
    const { status = 200, json, words = [], delay = 0 } = reply(entry)
    if (json)
      return response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const content of words) {
      response.write(
        `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`,
      )
      await new Promise(resolve => setTimeout(resolve, delay))
    }
    response.end('data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    received,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
