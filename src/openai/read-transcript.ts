import type { Answer } from '../call/answer.ts'
import { readJson } from '../client/read-json.ts'
import type { ReadContext } from '../client/types.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import { openBody, readText } from '../wire/body.ts'

/** Reads a transcript. One in plain text, as `responseFormat` may ask for (`text`, `srt`, `vtt`), becomes the member `text`. */
export async function readTranscript<T extends { text: string }>(
  response: Response,
  context: ReadContext,
): Promise<Answer<T>> {
  const type = response.headers.get('content-type') ?? 'json'
  if (type.includes('json')) return readJson<T>(response, context)
  if (type.includes('html')) throw new ProtocolError('Expected a transcript, got HTML')
  const text = await readText(openBody(response, context, context.maxResponseBytes))
  return { data: { text } as T, text }
}
