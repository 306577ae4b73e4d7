// What one Redis, and one Durable Object, carry: of Redis the looks and the writes of streams, by simulation of the store's own rules; of
// an object, which is one thread, the time that an event takes at each reader, as it is measured here.

import process from 'node:process'
import { memoryStreams, relay } from '../../dist/relay/index.js'

/** What may be used, of a Redis and of a thread: at more than that the waiting begins. */
const USED = 0.6

/** A script of Redis takes about so long, in milliseconds: 25 µs measured with redis-benchmark for an EVAL of this size. */
const SCRIPT = 0.025

/** The waits of a reader: 50 ms, each further one half as long again, up to 500. */
function looksFor(gap) {
  let looks = 1
  let waited = 0
  for (let wait = 50; waited < gap; wait = Math.min(wait * 1.5, 500)) {
    waited += wait
    looks++
  }
  return looks
}

/** Events of a stream come at random moments: the mean number of looks for one, over many gaps. */
function looksAnEvent(mean) {
  let looks = 0
  const tries = 20_000
  for (let i = 0; i < tries; i++) looks += looksFor(-Math.log(1 - (i + 0.5) / tries) * mean)
  return looks / tries
}

/** For streams with an event in so many milliseconds, whose waiting readers are in so many processes. */
export function simulate() {
  const rows = {}
  for (const [every, processes] of [
    [25, 0],
    [25, 1],
    [100, 1],
    [100, 4],
    [250, 1],
    [1000, 1],
  ]) {
    // The writer's append for each event, and the looks of each process where one waits.
    const commands = (1000 / every) * (1 + processes * looksAnEvent(every))
    rows[`an event in ${every} ms, readers in ${processes} other processes`] = {
      'commands a stream and second': Number(commands.toFixed(1)),
      'streams that one Redis carries at 60 %': Math.floor((USED * 1000) / SCRIPT / commands),
    }
  }
  return rows
}

/** Answers of so many events, without a pause between them. */
function serviceOf(events) {
  const encoder = new TextEncoder()
  const choice = { index: 0, delta: { content: 'x'.repeat(20) }, finish_reason: null }
  const event = encoder.encode(`data: ${JSON.stringify({ id: 'c', choices: [choice] })}\n\n`)
  return async () => {
    let sent = 0
    const body = new ReadableStream(
      {
        // A turn of the event loop for each, or many would go to the readers as one.
        async pull(controller) {
          await new Promise(resolve => setImmediate(resolve))
          if (sent++ < events) return controller.enqueue(event)
          controller.enqueue(encoder.encode('data: [DONE]\n\n'))
          controller.close()
        },
      },
      { highWaterMark: 0 },
    )
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }
}

/** The CPU time of one event, in milliseconds, at a stream with so many readers, and the bytes that its log takes. */
async function measureEvent(readers, { streams = 40, events = 400 } = {}) {
  const handle = relay({
    baseUrl: 'https://service.test/v1',
    fetch: serviceOf(events),
    authorize: () => 'user',
    models: ['m'],
    includeUsage: false,
    streams: memoryStreams(),
  })
  const ask = (method, key) =>
    handle(
      new Request('https://relay.test/v1/chat/completions', {
        method,
        headers: { 'idempotency-key': key },
        ...(method === 'POST' && { body: '{"model":"m","stream":true}' }),
      }),
    )
  globalThis.gc?.()
  const heap = process.memoryUsage().heapUsed
  const before = process.cpuUsage()
  const run = async key => {
    const first = await ask('POST', key)
    const others = await Promise.all(Array.from({ length: readers - 1 }, () => ask('GET', key)))
    const texts = await Promise.all([first, ...others].map(response => response.text()))
    if (texts.some(text => !text.includes(`id: ${events + 1}\n`))) throw new Error('An answer is not whole')
  }
  await Promise.all(Array.from({ length: streams }, (_, index) => run(`${index}`)))
  const { user, system } = process.cpuUsage(before)
  globalThis.gc?.()
  return {
    ms: (user + system) / 1000 / streams / events,
    bytes: (process.memoryUsage().heapUsed - heap) / streams / events,
  }
}

/** For streams of one object, with an event in so many milliseconds and so many readers. */
export async function simulateObject() {
  await measureEvent(2)
  const [one, eleven] = [await measureEvent(1), await measureEvent(11)]
  const perReader = (eleven.ms - one.ms) / 10
  const rows = {}
  for (const [every, readers] of [
    [25, 1],
    [25, 3],
    [100, 3],
    [100, 10],
    [250, 10],
  ]) {
    const cost = one.ms + perReader * (readers - 1)
    rows[`an event in ${every} ms, ${readers} readers`] = {
      'microseconds an event': Number((cost * 1000).toFixed(0)),
      'streams that one object carries at 60 %': Math.floor((USED * every) / cost),
    }
  }
  return { rows, bytes: Math.round(one.bytes) }
}
