// Kept streams under load, with a real Redis: many streams, each with several readers, in one process.
//
//   npm run build && node --expose-gc bench/relay/load.mjs [--streams 1000] [--readers 10] [--events 20] [--every 250] [--only relay]
//
// For each: how late an event is at its readers (from the service's sending to the reader's hands), what a stream holds in memory at
// its height, and how many commands Redis was sent. Beside it resumable-stream does the same work, where it is installed.
// Ends by itself after two minutes for each of the two.

import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { Redis } from 'ioredis'
import { redisStreams, relay } from '../../dist/relay/index.js'
import { simulate, simulateObject } from './model.mjs'

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '1000' },
    readers: { type: 'string', default: '10' },
    events: { type: 'string', default: '20' },
    every: { type: 'string', default: '250' },
    only: { type: 'string', default: '' },
  },
})
const work = Object.fromEntries(
  ['streams', 'readers', 'events', 'every'].map(name => [name, Number(values[name])]),
)
const LIMIT = 120_000

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))
const encoder = new TextEncoder()

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

async function startRedis() {
  const port = await freePort()
  const child = spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--save', ''], {
    stdio: 'ignore',
  })
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  await sleep(500)
  return { port, stop: () => child.kill() }
}

/** The service: events that say when they were sent. */
function serviceStream() {
  let sent = 0
  return new ReadableStream(
    {
      async pull(controller) {
        await sleep(work.every * (0.5 + Math.random()))
        const isLast = ++sent >= work.events
        const choice = {
          index: 0,
          delta: { content: 'x'.repeat(20), at: performance.now() },
          finish_reason: isLast ? 'stop' : null,
        }
        controller.enqueue(encoder.encode(`data: ${JSON.stringify({ id: 'c', choices: [choice] })}\n\n`))
        if (!isLast) return
        controller.enqueue(encoder.encode('data: [DONE]\n\n'))
        controller.close()
      },
    },
    { highWaterMark: 0 },
  )
}

/** Reads a stream of bytes or of text, and notes how late each event is. */
async function read(body, delays, onFirst) {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let events = 0
  for (;;) {
    const { value } = await reader.read()
    if (!value) return events
    const now = performance.now()
    const text = typeof value === 'string' ? value : decoder.decode(value, { stream: true })
    for (const [, at] of text.matchAll(/"at":([\d.]+)/g)) {
      if (!events++) onFirst?.()
      delays.push(now - Number(at))
    }
  }
}

async function openRelay(port) {
  const client = new Redis(port)
  const handle = relay({
    baseUrl: 'https://service.test/v1',
    fetch: async () => new Response(serviceStream(), { headers: { 'content-type': 'text/event-stream' } }),
    authorize: () => 'user',
    models: ['m'],
    includeUsage: false,
    streams: redisStreams(client),
  })
  const ask = (method, key) =>
    handle(
      new Request('https://relay.test/v1/chat/completions', {
        method,
        headers: { 'idempotency-key': key },
        ...(method === 'POST' && { body: '{"model":"m","stream":true}' }),
      }),
    )
  return {
    start: async key => (await ask('POST', key)).body,
    join: async key => (await ask('GET', key)).body,
    close: () => client.disconnect(),
  }
}

async function openResumable(port) {
  const { createResumableStreamContext } = await import('resumable-stream/ioredis')
  const [publisher, subscriber] = [new Redis(port), new Redis(port)]
  const context = createResumableStreamContext({
    waitUntil: promise => promise.catch(() => {}),
    publisher,
    subscriber,
  })
  return {
    start: key =>
      context.createNewResumableStream(key, () => serviceStream().pipeThrough(new TextDecoderStream())),
    join: key => context.resumeExistingStream(key),
    close() {
      publisher.disconnect()
      subscriber.disconnect()
    },
  }
}

const at = (sorted, part) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN

async function measure(open) {
  const redis = await startRedis()
  const { start, join, close } = await open(redis.port)
  const admin = new Redis(redis.port)
  const commands = async () => Number(/total_commands_processed:(\d+)/.exec(await admin.info('stats'))[1])
  try {
    globalThis.gc?.()
    const before = process.memoryUsage()
    const [live, joined] = [[], []]
    const began = await commands()
    const started = performance.now()
    let whole = 0
    let failed = 0
    uncaught = 0
    const run = async index => {
      await sleep((index / work.streams) * work.every * 4)
      const key = `stream-${index}`
      // Who joins does so once there is something to read: resumable-stream finds nothing before.
      let isUnderWay
      const begun = new Promise(resolve => {
        isUnderWay = resolve
      })
      const reading = [read(await start(key), live, isUnderWay)]
      await begun
      for (let reader = 1; reader < work.readers; reader++)
        reading.push(
          join(key)
            .then(async body => (body ? read(await body, joined) : 0))
            .catch(() => failed++),
        )
      for (const events of await Promise.all(reading)) if (events === work.events) whole++
    }
    const all = Promise.all(Array.from({ length: work.streams }, (_, index) => run(index)))
    await sleep((work.every * work.events) / 2)
    globalThis.gc?.()
    const height = process.memoryUsage()
    const ended = await Promise.race([all.then(() => true), sleep(LIMIT).then(() => false)])
    for (const delays of [live, joined]) delays.sort((a, b) => a - b)
    const held = height.heapUsed + height.external - before.heapUsed - before.external
    return {
      'whole answers': `${whole} of ${work.streams * work.readers}${ended ? '' : ' (time is up)'}`,
      'failed readers, uncaught errors': `${failed} and ${uncaught}`,
      'live, p50 and p99': `${at(live, 0.5).toFixed(1)} and ${at(live, 0.99).toFixed(1)} ms`,
      'joined, p50 and p99': `${at(joined, 0.5).toFixed(1)} and ${at(joined, 0.99).toFixed(1)} ms`,
      'memory a stream, all its readers': `${(held / work.streams / 1000).toFixed(1)} kB`,
      'commands a second, those in scripts too': `${(((await commands()) - began) / ((performance.now() - started) / 1000)).toFixed(0)}`,
      seconds: ((performance.now() - started) / 1000).toFixed(1),
    }
  } finally {
    close()
    admin.disconnect()
    redis.stop()
  }
}

/** What nobody catches ends a process, unless it is counted. */
let uncaught = 0
process.on('unhandledRejection', () => uncaught++)

const rivals = { relay: openRelay, 'resumable-stream': openResumable }
const columns = {}
for (const [name, open] of Object.entries(rivals)) {
  if (values.only && values.only !== name) continue
  try {
    columns[name] = await measure(open)
  } catch (error) {
    if (!/MODULE_NOT_FOUND/.test(error.code)) throw error
    console.log(`${name} is not installed: left out`)
  }
}
console.log(
  `${work.streams} streams, ${work.readers} readers each, ${work.events} events, one in ${work.every} ms`,
)
console.table(columns)
console.log('On paper: what one Redis carries')
console.table(simulate())
const { rows, bytes } = await simulateObject()
console.log(`By what an event takes here: what one object carries. A log takes ${bytes} bytes an event`)
console.table(rows)
process.exit(0)
