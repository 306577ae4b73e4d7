import type { Answer } from '../call/answer.ts'
import { cancelDropped, keepDropped } from '../call/cancel-dropped.ts'
import { onAbort, reasonOf } from '../call/signals.ts'
import type { CallEnd, Watcher } from '../call/watcher.ts'
import { IncompleteStreamError } from '../errors/incomplete-stream-error.ts'
import { openBody } from '../wire/body.ts'
import type { ReadContext } from './types.ts'

/** The length that the headers promise of the bytes that are read; unknown where they are decompressed on the way. */
function promisedLength({ headers }: Response): number | undefined {
  const length = headers.get('content-length')
  return length && !headers.get('content-encoding') ? Number(length) : undefined
}

/** Makes a stream of a body's bytes, by demand, that fails with this library's errors. */
function openRaw(
  response: Response,
  context: ReadContext,
): { stream: ReadableStream<Uint8Array>; failure: () => CallEnd | undefined } & Pick<
  Answer,
  'watch' | 'cancel'
> {
  const { signal, locate, maxResponseBytes } = context
  const followers: Watcher[] = []
  const body = openBody(response, { ...context, watchers: followers }, maxResponseBytes)
  const expected = promisedLength(response)
  let length = 0
  let end: CallEnd | undefined
  let stopListening: (() => void) | undefined

  function tellEnd(how: CallEnd): void {
    if (end) return
    end = how
    stopListening?.()
    keepDropped(cancel)
    for (const follower of followers) follower.end?.(how)
  }

  function cancel(): void {
    body.cancel()
    tellEnd({ cancelled: true })
  }

  // Also where nobody reads; who does is thrown the reason.
  if (signal) stopListening = onAbort(signal, () => tellEnd({ error: reasonOf(signal) }))
  const source: UnderlyingDefaultSource<Uint8Array> = {
    async pull(controller) {
      try {
        const bytes = await body.read()
        length += bytes?.length ?? 0
        if (bytes) return controller.enqueue(bytes)
        // No other mark says that these are all.
        if (expected !== undefined && length < expected)
          throw new IncompleteStreamError(`The body ended after ${length} of ${expected} bytes`)
        tellEnd({})
        controller.close()
      } catch (error) {
        locate(error)
        tellEnd({ error })
        controller.error(error)
      }
    },
    cancel,
  }
  const stream = new ReadableStream(source, { highWaterMark: 0 })
  cancelDropped(stream, cancel)
  return {
    stream,
    failure: () => end,
    cancel,
    watch(follower) {
      if (end) follower.end?.(end)
      else followers.push(follower)
    },
  }
}

/** What reads the body of a `Response` as a whole. */
const READERS = ['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text'] as const

/**
 * Reads an answer as bytes: gives a `Response` with the status and the headers that came. Its body fails with this library's
 * errors, is bounded by the client's `maxResponseBytes`, counts as silent for the `idle` limit while it is waited for, and ends
 * the request when it is cancelled. One that ends before its `content-length` is an `IncompleteStreamError`.
 * @example
 * const speak = endpoint<{ text: string }, Response>('speak', 'POST /speak', { read: readRaw })
 * const audio = await (await speak(client, { text })).blob()
 */
export async function readRaw(response: Response, context: ReadContext): Promise<Answer<Response>> {
  const { status, headers, url } = response
  const { stream, failure, ...answer } = openRaw(response, context)
  const data = Object.defineProperty(new Response(stream, { status, headers }), 'url', { value: url })
  for (const name of READERS) {
    const read = data[name] as (() => Promise<never>) | undefined
    // Chromium makes a "Failed to fetch" of whatever a body failed with.
    const value = () => read!.call(data).catch(error => Promise.reject(failure()?.error ?? error))
    if (read) Object.defineProperty(data, name, { value })
  }
  return { ...answer, data }
}
