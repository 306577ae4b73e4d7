// A server that sends as fast as its reader takes: run as a process of its own, so that its work is not measured.
import { once } from 'node:events'
import { createServer } from 'node:http'

const EVENTS = 10_000
const chunk = (content, finish = null) => ({
  id: 'chatcmpl-bench0123456789',
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: 'bench-model-2026-01-01',
  service_tier: 'default',
  system_fingerprint: 'fp_0123456789',
  choices: [{ index: 0, delta: content ? { content } : {}, logprobs: null, finish_reason: finish }],
  usage: null,
  obfuscation: 'abcdefgh',
})
const words = ['The', ' quick', ' brown', ' fox', ' jumps', ' over', ' the', ' lazy', ' dog', '.']
const events = Array.from({ length: EVENTS }, (_, i) => `data: ${JSON.stringify(chunk(words[i % 10]))}\n\n`)
events.push(`data: ${JSON.stringify(chunk('', 'stop'))}\n\n`, 'data: [DONE]\n\n')
const whole = Buffer.from(events.join(''))
const large = Array.from({ length: Math.ceil(whole.length / 16_384) }, (_, i) =>
  whole.subarray(i * 16_384, (i + 1) * 16_384),
)
const completion = JSON.stringify({
  ...chunk(''),
  object: 'chat.completion',
  choices: [
    { index: 0, message: { role: 'assistant', content: 'word '.repeat(300) }, finish_reason: 'stop' },
  ],
  usage: { prompt_tokens: 10, completion_tokens: 300, total_tokens: 310 },
})

const server = createServer(async (request, response) => {
  if (request.method === 'POST') for await (const _ of request);
  const pieces = request.url.startsWith('/event')
    ? events
    : request.url.startsWith('/16k')
      ? large
      : undefined
  response.setHeader('content-type', pieces ? 'text/event-stream' : 'application/json')
  if (!pieces) return response.end(completion)
  for (const piece of pieces) {
    // Each write is a chunk of the transfer encoding, and so of the reader.
    if (!response.write(piece)) await once(response, 'drain')
    // A turn of the loop between two events, or the system would join them into one packet.
    if (pieces === events) await new Promise(resolve => setImmediate(resolve))
  }
  response.end()
})
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port, events: EVENTS }))
