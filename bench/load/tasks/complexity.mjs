import { collectText, createClient, finalCompletion, streamChatCompletion } from '../../../dist/index.js'
import { cpuTime, median } from '../../lib/stats.mjs'
import { toEvent } from '../content.mjs'
import { liveHeap } from '../memory.mjs'

const encoder = new TextEncoder()
const request = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] }
const end = `${toEvent({}, 'stop')}data: [DONE]\n\n`

/** A stream of these bytes, taken from their source as they are read. */
function streamOf(source, onEnd) {
  const pieces = source[Symbol.iterator]()
  const body = new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = pieces.next()
        if (!done) return controller.enqueue(value)
        await onEnd?.()
        controller.enqueue(encoder.encode(end))
        controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  const fetch = async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  const client = createClient({ baseUrl: 'https://llm.example/v1', fetch, maxResponseBytes: Infinity })
  return streamChatCompletion(client, request)
}

/** A text, cut after so many bytes each time. */
function* cut(text, size) {
  const bytes = encoder.encode(text)
  for (let place = 0; place < bytes.length; place += size) yield bytes.subarray(place, place + size)
}

/** A text so many times, about 16 KiB at a time. */
function* repeat(text, times) {
  const some = Math.ceil(16_384 / text.length)
  const block = encoder.encode(text.repeat(some))
  for (let left = times; left > 0; left -= some) yield block
}

const toolEvent = (_, place) =>
  toEvent({
    tool_calls: [
      place
        ? { index: 0, function: { arguments: '1' } }
        : { index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '1' } },
    ],
  })

const content = toEvent({ content: 'word ' })
/** An event over many lines: white space between two members. */
const manyLines = lines => {
  const [head, tail] = content.trimEnd().split(',"choices"')
  return `${head}\n${'data: \n'.repeat(lines)}data: ,"choices"${tail}\n\n`
}

const shapes = {
  'one byte at a time': {
    n: 200_000,
    run: n => collectText(streamOf(cut(content.repeat(Math.ceil(n / content.length)), 1))),
  },
  'data lines of an event': { n: 200_000, run: n => collectText(streamOf(cut(manyLines(n), 16_384))) },
  'deltas of a tool call': {
    n: 100_000,
    run: n => finalCompletion(streamOf(cut(Array.from({ length: n }, toolEvent).join(''), 16_384))),
  },
  'deltas of content': { n: 500_000, run: n => collectText(streamOf(repeat(content, n))) },
}

async function timeOf(run, n) {
  const start = process.cpuUsage()
  await run(n)
  return cpuTime(start)
}

/** Measures how time grows when the work doubles, and the heap of a character that waits for the end of its event. */
export default async function complexity() {
  const ratios = {}
  for (const [name, { n, run }] of Object.entries(shapes)) {
    await run(n)
    const growth = []
    for (let round = 0; round < 3; round++) growth.push((await timeOf(run, 2 * n)) / (await timeOf(run, n)))
    ratios[name] = median(growth)
  }
  return { ratios, alone: await heldBy(1), joined: await heldBy(16) }
}

/** Bytes of heap for each character of an event that has not ended, which came so many at a time. */
async function heldBy(size) {
  const characters = 2_000_000
  const head = encoder.encode('data: "')
  const piece = encoder.encode('x'.repeat(size))
  function* pieces() {
    yield head
    for (let sent = 0; sent < characters; sent += size) yield piece
  }
  const before = await liveHeap()
  let held
  const onEnd = async () => {
    held = ((await liveHeap()) - before) / characters
  }
  // The event is never whole, which is the end of this stream.
  await collectText(streamOf(pieces(), onEnd)).catch(() => {})
  return held
}
