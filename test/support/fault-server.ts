import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { TimeoutLimits } from '../../src/index.ts'

/** A server that breaks HTTP itself, byte by byte. */
export interface FaultServer {
  /** The base URL under which every request meets this fault. */
  at(fault: string): string
  /** How many requests have met each fault. */
  readonly requests: ReadonlyMap<string, number>
  /** How many connections that a request came over are open now: undici keeps spare ones ready after an abort. */
  readonly open: number
  close(): Promise<void>
}

type Fault = (socket: Socket, request: { readonly path: string; readonly origin: string }) => void

const crlf = (...lines: readonly string[]): string => lines.map(line => `${line}\r\n`).join('')
const head = (...headers: readonly string[]): string => crlf('HTTP/1.1 200 OK', ...headers, '')
const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`

const event = (delta: object, finish: string | null = null): string => {
  const choices = [{ index: 0, delta, finish_reason: finish }]
  const object = 'chat.completion.chunk'
  return `data: ${JSON.stringify({ id: 'c', object, created: 1, model: 'm', choices })}\n\n`
}
const HELLO = event({ role: 'assistant', content: 'Hello' })
const WHOLE = `${HELLO}${event({}, 'stop')}data: [DONE]\n\n`

const STREAM = head('content-type: text/event-stream', 'transfer-encoding: chunked')
const UNBOUNDED = head('content-type: text/event-stream', 'connection: close')
const GZIP = head('content-type: text/event-stream', 'content-encoding: gzip', 'connection: close')

/** Ends the connection by a TCP reset, after what was written has left. */
function reset(socket: Socket, bytes = ''): void {
  if (!bytes) {
    socket.resetAndDestroy()
    return
  }
  // A reset throws away what the other side has not read yet.
  socket.write(bytes, () => setTimeout(() => socket.resetAndDestroy(), 50))
}

function redirect(status: number, location: string | undefined): Fault {
  return (socket, { path, origin }) => {
    const target = location?.replace('SELF', origin).replace('PATH', path)
    const headers = target === undefined ? [] : [`location: ${target}`]
    socket.end(crlf(`HTTP/1.1 ${status} Moved`, ...headers, 'content-length: 0', 'connection: close', ''))
  }
}

const faults: { readonly [name: string]: Fault } = {
  /** Nothing is wrong. */
  healthy: socket => socket.end(STREAM + chunk(WHOLE) + chunk('')),
  resetBeforeHeaders: socket => reset(socket),
  resetInHeaders: socket => reset(socket, 'HTTP/1.1 200 OK\r\ncontent-ty'),
  resetAfterHeaders: socket => reset(socket, STREAM),
  resetInBody: socket => reset(socket, STREAM + chunk(HELLO)),
  resetInChunk: socket => reset(socket, `${STREAM + chunk(HELLO)}ff\r\ndata: {`),
  closeBeforeHeaders: socket => socket.end(),
  closeInHeaders: socket => socket.end('HTTP/1.1 200 OK\r\ncontent-ty'),
  closeAfterHeaders: socket => socket.end(STREAM),
  /** The body's last chunk is missing. */
  closeWithoutTerminator: socket => socket.end(STREAM + chunk(HELLO)),
  /** It is missing, but the stream said that it is done. */
  closeAfterDone: socket => socket.end(STREAM + chunk(WHOLE)),
  /** The body ends with the connection, as HTTP/1.0 had it. */
  unboundedWhole: socket => socket.end(UNBOUNDED + WHOLE),
  unboundedCut: socket => socket.end(UNBOUNDED + HELLO),
  shortContentLength: socket => socket.end(head(`content-length: ${WHOLE.length + 99}`) + WHOLE),
  shortContentLengthCut: socket => socket.end(head('content-length: 9999') + HELLO),
  badContentLength: socket => socket.end(head('content-length: many') + WHOLE),
  negativeContentLength: socket => socket.end(head('content-length: -1') + WHOLE),
  hugeContentLength: socket => void socket.write(head('content-length: 99999999999') + HELLO),
  badChunkSize: socket => socket.end(`${STREAM + chunk(HELLO)}zz\r\n`),
  gzipTruncated: socket => {
    socket.write(GZIP)
    socket.end(gzipSync(WHOLE.repeat(3)).subarray(0, 60))
  },
  gzipCorrupt: socket => {
    socket.write(GZIP)
    const bytes = gzipSync(WHOLE)
    bytes.fill(0xff, 20, 60)
    socket.end(bytes)
  },
  gzipNot: socket => socket.end(GZIP + WHOLE),
  stallBeforeHeaders: () => {},
  stallInHeaders: socket => void socket.write('HTTP/1.1 200 OK\r\ncontent-ty'),
  stallAfterHeaders: socket => void socket.write(STREAM),
  stallInBody: socket => void socket.write(STREAM + chunk(HELLO)),
  /** Comments keep the connection alive, and nothing else comes. */
  heartbeats: socket => drip(socket, STREAM, () => chunk(': ping\n\n')),
  drip: socket => {
    const pieces = [...WHOLE].map(chunk)
    drip(socket, STREAM, () => pieces.splice(0, 20).join('') || chunk(''))
  },
  garbageStatusLine: socket => socket.end('I am a teapot\r\n\r\nshort and stout'),
  badStatus: socket => socket.end('HTTP/1.1 abc OK\r\n\r\n'),
  http09: socket => socket.end('<html>no headers at all</html>'),
  hugeHeader: socket => socket.end(head(`x-big: ${'a'.repeat(100_000)}`) + WHOLE),
  badHeaderName: socket => socket.end(`HTTP/1.1 200 OK\r\nb@d name\x01: 1\r\n\r\n${WHOLE}`),
  interim: socket => {
    const hints = crlf('HTTP/1.1 103 Early Hints', 'link: </a>', '')
    socket.end(hints + hints + STREAM + chunk(WHOLE) + chunk(''))
  },
  noContent: socket => socket.end(crlf('HTTP/1.1 204 No Content', 'connection: close', '')),
  notModified: socket => socket.end(crlf('HTTP/1.1 304 Not Modified', 'connection: close', '')),
  partial: socket =>
    socket.end(
      crlf('HTTP/1.1 206 Partial', `content-length: ${WHOLE.length}`, 'connection: close', '') + WHOLE,
    ),
  empty: socket => socket.end(head('content-length: 0', 'connection: close')),
  endlessError: socket =>
    drip(socket, crlf('HTTP/1.1 500 No', 'transfer-encoding: chunked', ''), () => chunk('no')),
  html: socket => socket.end(`${head('content-type: text/html', 'connection: close')}<html>Sign in</html>`),
  moved301: redirect(301, 'SELF/healthy/PATH'),
  found302: redirect(302, 'SELF/healthy/PATH'),
  seeOther303: redirect(303, 'SELF/healthy/PATH'),
  temporary307: redirect(307, 'SELF/healthy/PATH'),
  permanent308: redirect(308, 'SELF/healthy/PATH'),
  redirectAway: redirect(307, 'http://evil.test/steal'),
  redirectDown: redirect(302, 'http://169.254.169.254/latest/meta-data'),
  redirectLoop: redirect(307, 'PATH'),
  redirectRelative: redirect(308, '../../healthy/v1/chat/completions'),
  redirectNowhere: redirect(302, undefined),
  redirectToFile: redirect(301, 'file:///etc/passwd'),
}

/** Every fault there is. */
export const faultNames: readonly string[] = Object.keys(faults)

/** Sends a piece every 20 ms until there is none, or nobody listens. */
function drip(socket: Socket, start: string, piece: () => string): void {
  socket.write(start)
  const timer = setInterval(() => {
    const next = piece()
    socket.write(next)
    if (next === chunk('')) socket.end()
  }, 20)
  socket.once('close', () => clearInterval(timer))
  socket.once('finish', () => clearInterval(timer))
}

/** Reads requests until the first is whole, and lets its path choose the fault. */
function serve(socket: Socket, origin: string, met: (fault: string) => void): void {
  let received = ''
  socket.on('error', () => {})
  socket.on('data', bytes => {
    received += bytes.toString('latin1')
    const end = received.indexOf('\r\n\r\n')
    const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0)
    if (end < 0 || received.length < end + 4 + length) return
    const [, name = '', path = ''] = /^\S+ \/([^/]*)(\S*)/.exec(received) ?? []
    received = received.slice(end + 4 + length)
    met(name)
    faults[name]!(socket, { path: path.slice(1), origin })
  })
}

/**
 * Time limits that end what a fault leaves hanging, and nothing else: a limit of which a busy machine falls short would tell of
 * another fault.
 */
export function limitsFor(fault: string): TimeoutLimits {
  const [soon, never] = [300, 25_000]
  const long = { headers: never, firstEvent: never, idle: never }
  if (/^stall(Before|In)Headers/.test(fault)) return { ...long, headers: soon }
  if (fault === 'stallAfterHeaders') return { ...long, firstEvent: soon, idle: soon }
  if (fault === 'stallInBody') return { ...long, idle: soon }
  return fault === 'heartbeats' ? { ...long, firstEvent: soon, total: 1000 } : long
}

/** Starts the server on a free port of this machine. */
export async function startFaultServer(): Promise<FaultServer> {
  const sockets = new Set<Socket>()
  const asked = new WeakSet<Socket>()
  const requests = new Map<string, number>()
  let origin = ''
  const server = createServer(socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.once('data', () => asked.add(socket))
    serve(socket, origin, name => requests.set(name, (requests.get(name) ?? 0) + 1))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    at: fault => `${origin}/${fault}/v1`,
    requests,
    get open() {
      return [...sockets].filter(socket => asked.has(socket)).length
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
