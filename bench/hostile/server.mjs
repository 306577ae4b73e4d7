// A service that breaks HTTP itself, byte by byte: node server.mjs. The path names the fault: /cut/v1/chat/completions
import { once } from 'node:events'
import { createServer } from 'node:net'
import { answerAll } from '../lib/worker.mjs'

const crlf = (...lines) => lines.map(line => `${line}\r\n`).join('')
const head = (...headers) => crlf('HTTP/1.1 200 OK', ...headers, '')
const chunk = text => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
const STREAM = head('content-type: text/event-stream', 'transfer-encoding: chunked')
const END = chunk('')

function event(delta, finish = null) {
  const choices = [{ index: 0, delta, finish_reason: finish }]
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices })}\n\n`
}

const word = event({ role: 'assistant', content: 'word ' })
const words = count => chunk(word).repeat(count)
const FINISH = chunk(event({}, 'stop')) + chunk('data: [DONE]\n\n')
const error = JSON.stringify({
  error: { message: 'The engine is overloaded', type: 'server_error', param: null, code: 'overloaded' },
})

/** A call as Gemini and Mistral send it: whole, and without an index. */
const wholeCall = (id, argument) =>
  chunk(
    event({
      tool_calls: [
        { id, type: 'function', function: { name: 'lookup', arguments: JSON.stringify(argument) } },
      ],
    }),
  )

function every(ms, socket, write) {
  const timer = setInterval(write, ms)
  socket.once('close', () => clearInterval(timer))
}

const faults = {
  whole: socket => socket.write(STREAM + words(10) + FINISH + END),
  cut: socket => socket.end(STREAM + words(3)),
  unfinished: socket => socket.write(STREAM + words(3) + END),
  // A reset throws away what the other side has not read yet.
  reset: socket => socket.write(STREAM + words(3), () => setTimeout(() => socket.resetAndDestroy(), 50)),
  stallBefore() {},
  stall: socket => socket.write(STREAM + words(3)),
  heartbeats(socket) {
    socket.write(STREAM + words(3))
    every(100, socket, () => socket.write(chunk(': ping\n\n')))
  },
  errorInside: socket => socket.write(STREAM + words(3) + chunk(`data: ${error}\n\n`) + END),
  errorInstead: socket =>
    socket.write(`${head('content-type: application/json', `content-length: ${error.length}`)}${error}`),
  html: socket => socket.end(`${head('content-type: text/html', 'connection: close')}<html>Sign in</html>`),
  brokenJson: socket =>
    socket.write(STREAM + words(3) + chunk('data: {"choices":[{"delta":\n\n') + words(6) + FINISH + END),
  linger: socket => socket.write(STREAM + words(10) + FINISH),
  tools: socket => {
    const calls = wholeCall('a', { word: 'one' }) + wholeCall('b', { word: 'two' })
    socket.write(STREAM + calls + chunk(event({}, 'tool_calls')) + chunk('data: [DONE]\n\n') + END)
  },
  steady(socket) {
    socket.write(STREAM)
    every(20, socket, () => socket.write(words(1)))
  },
  flood(socket) {
    const much = words(100)
    socket.write(STREAM)
    const more = () => {
      while (socket.writable && socket.bytesWritten < 64_000_000) if (!socket.write(much)) return
    }
    socket.on('drain', more)
    more()
  },
}

/** The state of the last connection. */
let last = {}

const server = createServer(socket => {
  let received = ''
  socket.on('error', () => {})
  socket.on('data', bytes => {
    received += bytes.toString('latin1')
    const end = received.indexOf('\r\n\r\n')
    const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0)
    if (end < 0 || received.length < end + 4 + length) return
    const [, fault = ''] = /^\S+ \/([^/]*)/.exec(received) ?? []
    received = ''
    const state = { socket }
    last = state
    socket.once('close', () => {
      state.closedAt = Date.now()
    })
    faults[fault](socket)
  })
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
answerAll({ origin: `http://127.0.0.1:${server.address().port}` }, () => ({
  closedAt: last.closedAt,
  sent: last.socket.bytesWritten - last.socket.writableLength,
}))
