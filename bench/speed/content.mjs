// The answers of both services, the one in the readers' process and the one on the network.

const TOOL_CALLS = 8
const words = ['The', ' quick', ' brown', ' fox', ' jumps', ' over', ' the', ' lazy', ' dog', '.']

const toEvent = data => `data: ${JSON.stringify(data)}\n\n`

const head = {
  id: 'chatcmpl-bench0123456789',
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: 'bench-model-2026-01-01',
}

/** A chunk with every field that services send. */
const fullChunk = (delta, finish = null) => ({
  ...head,
  service_tier: 'default',
  system_fingerprint: 'fp_0123456789',
  choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  obfuscation: 'abcdefgh',
})

/** A chunk of a service that sends only what it must. */
export const shortChunk = (delta, finish = null) => ({
  ...head,
  choices: [{ index: 0, delta, finish_reason: finish }],
})

export const textEvents = count => [
  toEvent(fullChunk({ role: 'assistant', content: '' })),
  ...Array.from({ length: count }, (_, place) => toEvent(fullChunk({ content: words[place % 10] }))),
  toEvent(fullChunk({}, 'stop')),
  'data: [DONE]\n\n',
]

/** One call's pieces: the name with the first, and arguments that come by the word. */
function callPieces(index, count) {
  const first = {
    id: `call_${index}`,
    type: 'function',
    function: { name: 'lookup', arguments: '{"word":"' },
  }
  const pieces = Array.from({ length: count - 2 }, (_, place) => words[place % 10])
  return [first, ...[...pieces, '"}'].map(piece => ({ function: { arguments: piece } }))]
}

/** A stream of eight tool calls, in so many pieces altogether. */
export function toolEvents(count, chunk = fullChunk) {
  const calls = Array.from({ length: TOOL_CALLS }, (_, index) =>
    callPieces(index, count / TOOL_CALLS).map(piece => toEvent(chunk({ tool_calls: [{ index, ...piece }] }))),
  )
  return [
    toEvent(chunk({ role: 'assistant', content: null })),
    ...calls.flat(),
    toEvent(chunk({}, 'tool_calls')),
    'data: [DONE]\n\n',
  ]
}

/** The bytes of all events, cut every so many bytes. */
export function inChunks(events, size = 16_384) {
  const whole = Buffer.from(events.join(''))
  const count = Math.ceil(whole.length / size)
  return Array.from({ length: count }, (_, place) => whole.subarray(place * size, (place + 1) * size))
}

export const completionOf = content =>
  JSON.stringify({
    ...head,
    object: 'chat.completion',
    system_fingerprint: 'fp_0123456789',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 10, completion_tokens: 9, total_tokens: 19 },
  })
