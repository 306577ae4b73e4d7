// The service that the clients read, in a process of its own, so that its work is not measured.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { answerAll } from '../lib/worker.mjs'

const EVENTS = 10_000
const SPACED_EVENTS = 2000
/** Between spaced events, in ms: what arrives while the reader is busy is joined, and read as one. */
const SPACE = 0.15
const CALLS = 8
const CALL_PIECES = 250
const words = ['The', ' quick', ' brown', ' fox', ' jumps', ' over', ' the', ' lazy', ' dog', '.']

const toEvent = data => `data: ${JSON.stringify(data)}\n\n`
const chunk = (delta, finish = null) => ({
  id: 'chatcmpl-bench0123456789',
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: 'bench-model-2026-01-01',
  service_tier: 'default',
  system_fingerprint: 'fp_0123456789',
  choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  obfuscation: 'abcdefgh',
})

const textEvents = count => [
  toEvent(chunk({ role: 'assistant', content: '' })),
  ...Array.from({ length: count }, (_, place) => toEvent(chunk({ content: words[place % 10] }))),
  toEvent(chunk({}, 'stop')),
  'data: [DONE]\n\n',
]

/** One call's pieces: the name with the first, and arguments that come by the word. */
function callEvents(index) {
  const pieces = Array.from({ length: CALL_PIECES - 2 }, (_, place) => words[place % 10])
  const first = {
    id: `call_${index}`,
    type: 'function',
    function: { name: 'lookup', arguments: '{"word":"' },
  }
  const rest = [...pieces, '"}'].map(piece => ({ function: { arguments: piece } }))
  return [first, ...rest].map(call => toEvent(chunk({ tool_calls: [{ index, ...call }] })))
}

const toolEvents = [
  toEvent(chunk({ role: 'assistant', content: null })),
  ...Array.from({ length: CALLS }, (_, index) => callEvents(index)).flat(),
  toEvent(chunk({}, 'tool_calls')),
  'data: [DONE]\n\n',
]

function inChunks(events, size = 16_384) {
  const whole = Buffer.from(events.join(''))
  const count = Math.ceil(whole.length / size)
  return Array.from({ length: count }, (_, place) => whole.subarray(place * size, (place + 1) * size))
}

const streams = {
  event: textEvents(SPACED_EVENTS),
  '16k': inChunks(textEvents(EVENTS)),
  tools: inChunks(toolEvents),
}
const completion = JSON.stringify({
  ...chunk({}),
  object: 'chat.completion',
  choices: [
    { index: 0, message: { role: 'assistant', content: 'word '.repeat(300) }, finish_reason: 'stop' },
  ],
  usage: { prompt_tokens: 10, completion_tokens: 300, total_tokens: 310 },
})

const server = createServer(async (request, response) => {
  if (request.method === 'POST') for await (const _ of request);
  const pieces = streams[request.url.split('/')[1]]
  response.setHeader('content-type', pieces ? 'text/event-stream' : 'application/json')
  if (!pieces) return response.end(completion)
  let next = performance.now()
  for (const piece of pieces) {
    if (!response.write(piece)) await once(response, 'drain')
    if (pieces !== streams.event) continue
    // A timer cannot wait for less than a millisecond.
    next = Math.max(next + SPACE, performance.now())
    while (performance.now() < next) await new Promise(resolve => setImmediate(resolve))
  }
  response.end()
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
answerAll(
  {
    origin: `http://127.0.0.1:${server.address().port}`,
    counts: { event: SPACED_EVENTS, '16k': EVENTS, tools: CALLS * CALL_PIECES },
  },
  () => {},
)
