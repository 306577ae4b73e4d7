// The service of the load gates, in a process of its own. The path says how it behaves: /paced/100/50/v1/chat/completions
import { once } from 'node:events'
import { createServer } from 'node:http'
import { answerAll } from '../lib/worker.mjs'
import { eventsOf, toEvent } from './content.mjs'

const stats = {
  open: 0,
  maxOpen: 0,
  requests: 0,
  connections: 0,
  sent: 0,
  isBlocked: false,
  attempts: new Map(),
}
const blocks = new Map()
let seed = 0

const wait = ms => new Promise(resolve => setTimeout(resolve, ms))
const fail = (response, status, error = { message: 'no' }) => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }))
}
const startStream = response => response.writeHead(200, { 'content-type': 'text/event-stream' })

/** The first events of a stream, which then breaks. */
function begin(response, count = 3) {
  startStream(response)
  for (const event of eventsOf(seed++, count).slice(0, count)) response.write(event)
}

/** Waits until what was written has left for the reader. */
async function beginAndFlush(response, count) {
  begin(response, count)
  await wait(20)
}

/** A whole stream, 16 KiB at a time, made once. */
function blocksOf(count) {
  const size = 16_384
  const whole = Buffer.from(eventsOf(0, count).join(''))
  const list = Array.from({ length: Math.ceil(whole.length / size) }, (_, place) =>
    whole.subarray(place * size, (place + 1) * size),
  )
  blocks.set(count, list)
  return list
}

async function writeAll(response, pieces) {
  let proceed
  response.on('drain', () => proceed?.())
  response.on('close', () => proceed?.())
  for (const piece of pieces) {
    if (response.destroyed) return
    stats.sent += piece.length
    if (response.write(piece)) continue
    stats.isBlocked = true
    await new Promise(resolve => {
      proceed = resolve
    })
    stats.isBlocked = false
  }
}

function* forever(piece) {
  for (;;) yield piece
}

const behaviours = {
  /** So many events, one every so many milliseconds. */
  paced(response, count, ms) {
    const events = eventsOf(seed++, Number(count))
    let place = 0
    startStream(response)
    const timer = setInterval(() => {
      response.write(events[place++])
      if (place < Number(count)) return
      clearInterval(timer)
      response.end(events.slice(place).join(''))
    }, Number(ms))
    response.once('close', () => clearInterval(timer))
  },
  async fast(response, count) {
    startStream(response)
    await writeAll(response, blocks.get(count) ?? blocksOf(count))
    response.end()
  },
  async endless(response) {
    startStream(response)
    await writeAll(response, forever(Buffer.from(toEvent({ content: 'again '.repeat(10) }).repeat(60))))
  },
  stall: response => begin(response),
  stallBeforeHeaders() {},
  async cut(response) {
    await beginAndFlush(response)
    response.socket.end()
  },
  async reset(response) {
    await beginAndFlush(response)
    response.socket.resetAndDestroy()
  },
  closeBeforeHeaders: response => response.socket.destroy(),
  unfinished(response) {
    begin(response)
    response.end()
  },
  errorInside(response) {
    begin(response)
    response.end(
      `data: ${JSON.stringify({ error: { message: 'overloaded', type: 'server_error', code: 503 } })}\n\n`,
    )
  },
  brokenJson(response) {
    begin(response)
    response.end('data: {"choices":[\n\ndata: [DONE]\n\n')
  },
  html: response => response.setHeader('content-type', 'text/html').end('<html>Sign in</html>'),
  status: (response, status) => fail(response, Number(status)),
  /** An error at first, then a stream: the caller's query tells the calls apart. */
  flaky(response, count, query) {
    const attempt = (stats.attempts.get(query) ?? 0) + 1
    stats.attempts.set(query, attempt)
    if (attempt === 1) fail(response.setHeader('retry-after-ms', '1'), 503)
    else startStream(response).end(eventsOf(seed++, Number(count)).join(''))
  },
  /** A moment's work. */
  async busy(response, ms) {
    await wait(Number(ms))
    startStream(response).end(eventsOf(seed++, 2).join(''))
  },
  /** The body's end comes after the stream's. */
  async lateEnd(response, ms) {
    startStream(response).write(eventsOf(seed++, 10).join(''))
    await wait(Number(ms))
    response.end()
  },
}

const server = createServer(async (request, response) => {
  stats.requests++
  stats.open++
  stats.maxOpen = Math.max(stats.maxOpen, stats.open)
  let isCounted = true
  const leave = () => {
    if (isCounted) stats.open--
    isCounted = false
  }
  // A response that was written is out of the server's hands.
  const end = response.end.bind(response)
  response.end = (...args) => {
    leave()
    return end(...args)
  }
  response.once('close', leave)
  response.on('error', () => {})
  for await (const _ of request);
  const { pathname, search } = new URL(request.url, 'http://localhost')
  const [name, ...parts] = pathname.slice(1, pathname.indexOf('/v1/')).split('/')
  await behaviours[name](response, ...parts, search)
})
server.on('connection', socket => {
  stats.connections++
  socket.on('error', () => {})
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', 4096)
await once(server, 'listening')
answerAll({ origin: `http://127.0.0.1:${server.address().port}` }, question => {
  const { attempts, ...answer } = stats
  if (question === 'reset')
    Object.assign(stats, { maxOpen: stats.open, requests: 0, connections: 0, sent: 0, attempts: new Map() })
  return answer
})
