import { hash } from './hash.ts'
import type { JsonObject } from './json.ts'
import { type Answer, eventsAnswer, jsonAnswer, type Part, textAnswer, typedEvent } from './parts.ts'
import { fileIn, readFields } from './read-fields.ts'
import type { Call } from './route.ts'
import { refuse } from './service-error.ts'
import { hear } from './sound.ts'
import { tokenize, writeText } from './text.ts'

/** Answers with what a sound says: the text that the fake itself spoke, or for any other sound one that depends on its bytes. */
export async function answerTranscription(call: Call): Promise<Answer> {
  const fields = readFields(call, ['file', 'model'])
  const text = await textOf(fields)
  if (`${fields.stream ?? false}` === 'true') return eventsAnswer(toEvents(text))
  return write(text, fields, 'transcribe')
}

/** Answers with the same in English, which the fake believes everything to be. */
export async function answerTranslation(call: Call): Promise<Answer> {
  const fields = readFields(call, ['file', 'model'])
  return write(await textOf(fields), fields, 'translate')
}

async function textOf(fields: JsonObject): Promise<string> {
  const file = fileIn(fields, 'file')
  const bytes = new Uint8Array(await file.arrayBuffer())
  if (bytes.length === 0) refuse('The audio file is too short.', 'file', 'audio_too_short')
  if (!/\.(flac|m4a|mp3|mp4|mpeg|mpga|oga|ogg|pcm|wav|webm)$/i.test(file.name))
    refuse(`Unrecognized file format. The name '${file.name}' should end as that of a sound.`, 'file')
  return hear(bytes) ?? writeText(file.name, String(bytes.length), hash(bytes.subarray(0, 4096).join()))
}

/** A second for every fifteen characters. */
const lengthOf = (text: string): number => Math.max(1, Math.ceil(text.length / 15))

function write(
  text: string,
  { response_format: format = 'json', language = 'english' }: JsonObject,
  task: string,
): Answer {
  const duration = lengthOf(text)
  const clock = (seconds: number, point: string) =>
    `${new Date(seconds * 1000).toISOString().slice(11, 19)}${point}000`
  if (format === 'text') return textAnswer(200, 'text/plain; charset=utf-8', `${text}\n`)
  if (format === 'srt')
    return textAnswer(
      200,
      'text/plain; charset=utf-8',
      `1\n${clock(0, ',')} --> ${clock(duration, ',')}\n${text}\n\n`,
    )
  if (format === 'vtt')
    return textAnswer(
      200,
      'text/vtt; charset=utf-8',
      `WEBVTT\n\n${clock(0, '.')} --> ${clock(duration, '.')}\n${text}\n\n`,
    )
  if (format === 'verbose_json') {
    const tokens = tokenize(text).map(token => hash(token) % 50_000)
    const segments = [
      {
        id: 0,
        seek: 0,
        start: 0,
        end: duration,
        text,
        tokens,
        temperature: 0,
        avg_logprob: -0.25,
        compression_ratio: 1.5,
        no_speech_prob: 0.01,
      },
    ]
    return jsonAnswer(200, {
      task,
      language,
      duration,
      text,
      segments,
      usage: { type: 'duration', seconds: duration },
    })
  }
  if (format === 'json') return jsonAnswer(200, { text, usage: { type: 'duration', seconds: duration } })
  refuse("Invalid 'response_format': expected json, text, srt, vtt or verbose_json.", 'response_format')
}

function* toEvents(text: string): Generator<Part> {
  for (const delta of tokenize(text)) yield typedEvent({ type: 'transcript.text.delta', delta })
  yield typedEvent(
    { type: 'transcript.text.done', text, usage: { type: 'duration', seconds: lengthOf(text) } },
    true,
  )
}
