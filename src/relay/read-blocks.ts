import { createSplitter } from './blocks.ts'
import type { UpstreamRequest } from './upstream.ts'

/** The largest event, in characters. */
const MAX_EVENT = 8_388_608

/** Reads an event stream, block by block. Leaving it cancels the body. */
export async function* readBlocks(
  body: ReadableStream<Uint8Array>,
  wait: UpstreamRequest['wait'],
): AsyncGenerator<readonly string[], undefined> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  const split = createSplitter(MAX_EVENT)
  try {
    for (;;) {
      const bytes = (await wait(reader.read())).value
      yield split(decoder.decode(bytes, { stream: !!bytes }))
      if (bytes) continue
      yield split(undefined)
      return
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}
