// The service on the network, in a process of its own, so that its work is not measured. The path names the work.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { answerAll } from '../lib/worker.mjs'
import { completionOf, inChunks, textEvents, toolEvents } from './content.mjs'
import { DENSE_EVENTS, EVENTS, SPACED_EVENTS } from './works.mjs'

/** Between spaced events, in ms: what arrives while the reader is busy is joined, and read as one. */
const SPACE = 0.15

const spaced = textEvents(SPACED_EVENTS)
const streams = {
  'network-event': spaced,
  'network-16k': inChunks(textEvents(DENSE_EVENTS)),
  'network-tools': inChunks(toolEvents(EVENTS)),
}
const completion = completionOf('word '.repeat(300))

const server = createServer(async (request, response) => {
  if (request.method === 'POST') for await (const _ of request);
  const pieces = streams[request.url.split('/')[1]]
  response.setHeader('content-type', pieces ? 'text/event-stream' : 'application/json')
  if (!pieces) return response.end(completion)
  let next = performance.now()
  for (const piece of pieces) {
    if (!response.write(piece)) await once(response, 'drain')
    if (pieces !== spaced) continue
    // A timer cannot wait for less than a millisecond.
    next = Math.max(next + SPACE, performance.now())
    while (performance.now() < next) await new Promise(resolve => setImmediate(resolve))
  }
  response.end()
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
answerAll({ origin: `http://127.0.0.1:${server.address().port}` }, () => {})
