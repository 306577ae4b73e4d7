/** What a file can be made of. */
export type FileSource =
  | Blob
  | ArrayBuffer
  | ArrayBufferView
  | string
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>
  | Pick<Response, 'blob'>

/** Collects what comes piece by piece. A form needs its whole length, and a request of a stream could not be sent again. */
async function collect(
  source: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>,
): Promise<BlobPart[]> {
  if ('getReader' in source) return [await new Response(source).blob()]
  const parts: BlobPart[] = []
  for await (const part of source) parts.push(part as BlobPart)
  return parts
}

/**
 * Makes a file with a name of a `Blob`, of bytes, a text, a stream or a `Response`. A stream is read to its end first.
 *
 * Services look at the ending of the name: `speech.mp3`, `batch.jsonl`.
 * @param options.type the media type. @default that of the `Blob` or the `Response`
 * @example
 * const file = await toFile(await fetch('https://example.com/speech.mp3'), 'speech.mp3')
 * const { text } = await createTranscription(client, { file, model: 'whisper-1' })
 */
export async function toFile(
  source: FileSource | PromiseLike<FileSource>,
  name: string,
  options: { readonly type?: string | undefined } = {},
): Promise<File> {
  const given = await source
  const isWhole =
    typeof given === 'string' ||
    given instanceof Blob ||
    given instanceof ArrayBuffer ||
    ArrayBuffer.isView(given)
  const parts = isWhole
    ? [given as BlobPart]
    : 'blob' in given
      ? [await given.blob()]
      : await collect(given as AsyncIterable<Uint8Array>)
  const [first] = parts
  return new File(parts, name, { type: options.type ?? (first instanceof Blob ? first.type : '') })
}
