import { toBase64 } from './base64.ts'
import { hash } from './hash.ts'
import type { JsonObject } from './json.ts'
import { type Answer, eventsAnswer, jsonAnswer, type Part, typedEvent } from './parts.ts'
import { drawPng } from './png.ts'
import { fileIn, integerIn, readFields } from './read-fields.ts'
import type { Call } from './route.ts'
import { countTokens } from './text.ts'

const CREATED = 1_700_000_000

/** Answers with pictures of a prompt: small PNGs of its colours, as JSON or as a stream. */
export function answerImages(call: Call): Answer {
  return paint(readFields(call, ['prompt']), 'image_generation')
}

/** Answers with pictures that were edited: the prompt's colours once more. */
export function answerImageEdits(call: Call): Answer {
  const isForm = call.request.body instanceof FormData
  const fields = readFields(call, ['prompt', isForm ? 'image' : 'images'])
  if (isForm) fileIn(fields, 'image')
  return paint(fields, 'image_edit')
}

function paint(fields: JsonObject, type: string): Answer {
  const prompt = String(fields.prompt)
  const count = integerIn(fields, 'n', 1, 10, 1)
  const partials = integerIn(fields, 'partial_images', 0, 3, 0)
  const images = Array.from({ length: count }, (_, index) => pictureOf(prompt, index))
  const usage = usageOf(prompt, count)
  if (`${fields.stream ?? false}` === 'true')
    return eventsAnswer(toEvents(type, images, partials, usage, fields))
  const data = images.map(b64_json => ({ b64_json }))
  return jsonAnswer(200, { created: CREATED, data, usage, ...looks(fields) })
}

function pictureOf(prompt: string, index: number): string {
  const word = prompt.split(/\s+/)
  return toBase64(drawPng(8, (x, y) => hash(`${word[(x + y) % word.length]} ${index}`) & 0xffffff))
}

function looks({
  size = '1024x1024',
  quality = 'auto',
  background = 'auto',
  output_format = 'png',
}: JsonObject): JsonObject {
  return { size, quality, background, output_format }
}

function usageOf(prompt: string, count: number): JsonObject {
  const text_tokens = countTokens(prompt)
  const output_tokens = count * 64
  return {
    total_tokens: text_tokens + output_tokens,
    input_tokens: text_tokens,
    output_tokens,
    input_tokens_details: { text_tokens, image_tokens: 0 },
  }
}

function* toEvents(
  type: string,
  images: readonly string[],
  partials: number,
  usage: JsonObject,
  fields: JsonObject,
): Generator<Part> {
  const common = { created_at: CREATED, ...looks(fields) }
  for (const [index, b64_json] of images.entries()) {
    for (let partial_image_index = 0; partial_image_index < partials; partial_image_index++)
      yield typedEvent({ type: `${type}.partial_image`, b64_json, partial_image_index, ...common })
    yield typedEvent({ type: `${type}.completed`, b64_json, ...common, usage }, index === images.length - 1)
  }
}
