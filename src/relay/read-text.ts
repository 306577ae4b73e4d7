/** The text of a body, and how many bytes were read for it. */
export interface ReadText {
  readonly text: string
  readonly bytes: number
}

/**
 * Reads a body as text: all of it, or no more than the beginning where it is over `maxBytes`, as `bytes` tells.
 *
 * @param wait what each read waits by
 */
export async function readText(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  wait: <T>(work: Promise<T>) => Promise<T> = work => work,
): Promise<ReadText> {
  const reader = body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  while (bytes <= maxBytes) {
    const piece = reader && (await wait(reader.read())).value
    if (!piece) return { text: text + decoder.decode(), bytes }
    bytes += piece.byteLength
    text += decoder.decode(piece, { stream: true })
  }
  reader?.cancel().catch(() => {})
  return { text, bytes }
}
