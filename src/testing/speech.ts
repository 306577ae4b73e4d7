import { toBase64 } from './base64.ts'
import { type Answer, bytesAnswer, eventsAnswer, type Part, typedEvent } from './parts.ts'
import { readFields } from './read-fields.ts'
import type { Call } from './route.ts'
import { refuse } from './service-error.ts'
import { formats, speak } from './sound.ts'
import { countTokens } from './text.ts'

/** Answers with a sound that carries the text, as bytes or as a stream. */
export function answerSpeech(call: Call): Answer {
  const fields = readFields(call, ['model', 'input', 'voice'])
  const input = String(fields.input)
  const format = String(fields.response_format ?? 'mp3')
  if (input.length > 4096) refuse("Invalid 'input': expected at most 4096 characters.", 'input')
  if (!formats.includes(format))
    refuse(`Invalid 'response_format'. The fake model speaks ${formats.join(', ')}.`, 'response_format')
  const { type, bytes } = speak(input, format)
  return fields.stream_format === 'sse' ? eventsAnswer(toEvents(bytes, input)) : bytesAnswer(type, bytes)
}

const PIECE = 1024

function* toEvents(bytes: Uint8Array, input: string): Generator<Part> {
  for (let start = 0; start < bytes.length; start += PIECE)
    yield typedEvent({ type: 'speech.audio.delta', audio: toBase64(bytes.subarray(start, start + PIECE)) })
  const input_tokens = countTokens(input)
  const output_tokens = Math.ceil(bytes.length / 400)
  const usage = { input_tokens, output_tokens, total_tokens: input_tokens + output_tokens }
  yield typedEvent({ type: 'speech.audio.done', usage }, true)
}
