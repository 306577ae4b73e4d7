import { onAbort, reasonOf } from '../call/signals.ts'
import type { Watcher } from '../call/watcher.ts'
import { LimitError } from '../errors/limit-error.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import { connectionFailure } from './connection-failure.ts'

/** Reads a response's bytes by demand. */
export interface BodyReader {
  /** Gives the next bytes, or undefined after the last. Rejects with the signal's reason, a `ConnectionError` or a `LimitError`. */
  read(): Promise<Uint8Array | undefined>
  /** Ends the reading: a `read` that is under way answers undefined, and the server sees the disconnect. */
  cancel(): void
}

/** What a body is read with. */
export interface BodyContext {
  /** Ends the reading. */
  readonly signal?: AbortSignal | null | undefined
  /** Ends the request behind the body. */
  readonly disconnect?: (() => void) | undefined
  /** Told of each wait for bytes, and of its end. */
  readonly watchers?: readonly Watcher[]
}

/** What is used of a `ReadableStreamDefaultReader`. */
interface Source {
  read(): Promise<{ readonly value?: unknown }>
  cancel(): Promise<unknown>
  releaseLock?(): void
}

/**
 * Opens whatever stands for a body. node-fetch gives a Node stream, which can be iterated; React Native gives none at all, but
 * its response has `text()`.
 */
function openSource(response: Response, isStream: boolean): Source {
  // biome-ignore lint/suspicious/noExplicitAny: another library's response may have anything there
  const body: any = response.body
  if (body?.getReader) return body.getReader()
  let iterator: AsyncIterator<unknown> = body?.[Symbol.asyncIterator]?.()
  if (!iterator) {
    if (isStream && body !== null)
      throw new ProtocolError('The body cannot be streamed: React Native needs expo/fetch')
    iterator = (async function* () {
      yield response.text()
    })()
  }
  return { read: () => iterator.next(), cancel: async () => iterator.return?.() }
}

/** Bytes in the one form that is read here: another library's body may give texts or buffers. */
// biome-ignore lint/suspicious/noExplicitAny: another library's body may hold anything
function bytesOf(value: any): Uint8Array | undefined {
  if (typeof value === 'string') return new TextEncoder().encode(value)
  if (value?.byteLength === undefined) return value
  return new Uint8Array(value.buffer ?? value, value.byteOffset, value.byteLength)
}

/**
 * Opens a response's body.
 *
 * @param maxBytes counts against the bytes that arrive, decompressed
 * @param isStream whether the body must come piece by piece
 */
export function openBody(
  response: Response,
  { signal, disconnect, watchers = [] }: BodyContext,
  maxBytes: number,
  isStream = false,
): BodyReader {
  const source = openSource(response, isStream)
  // A `content-length` is only a promise, but one above the limit is enough.
  let left = Number(response.headers.get('content-length')) > maxBytes ? 0 : maxBytes
  let atEnd = false
  let stop: (() => void) | undefined
  const cancel = () => {
    stop?.()
    // It rejects where the body has failed, and there is nothing left to free then.
    source.cancel().then(
      () => source.releaseLock?.(),
      () => {},
    )
    // Firefox keeps the connection of a cancelled body open until more bytes arrive, and has six of them.
    if (!atEnd) disconnect?.()
  }
  // A read that is under way ends at once, whatever becomes of the request. Taken back at the end: Node's fetch holds the signal
  // until its request is collected, which the error of a cut body keeps alive, and the body would keep that.
  if (signal) stop = onAbort(signal, cancel)
  return {
    cancel,
    async read() {
      try {
        for (const watcher of watchers) watcher.wait?.()
        const { value } = await source.read()
        for (const watcher of watchers) watcher.bytes?.()
        const bytes = bytesOf(value)
        atEnd = !bytes
        left -= bytes?.byteLength ?? 0
        if (atEnd) stop?.()
        if (left < 0) throw new LimitError(`Answer over ${maxBytes} bytes`)
        if (signal?.aborted) throw 0
        return bytes
      } catch (error) {
        cancel()
        throw signal?.aborted ? reasonOf(signal) : connectionFailure(error)
      }
    },
  }
}

/** Reads what is left of a body as text; invalid UTF-8 becomes U+FFFD. Stops after `enough` characters: no text has as many. */
export async function readText(
  body: BodyReader,
  decoder: TextDecoder = new TextDecoder(),
  enough = 1e10,
): Promise<string> {
  let text = ''
  let bytes: Uint8Array | undefined
  do {
    bytes = await body.read()
    text += decoder.decode(bytes, { stream: !!bytes })
  } while (bytes && text.length < enough)
  if (bytes) body.cancel()
  return text
}

/**
 * Reads what an error may say: two seconds and 64 KiB are all that it may cost. Gives nothing where it cannot be read. No watcher
 * is told of the read, or the clock of a silent body would run on into the wait for the next attempt.
 */
export async function readBriefly(response: Response, { signal, disconnect }: BodyContext): Promise<string> {
  const body = openBody(response, { signal, disconnect }, 1e10)
  const timer = setTimeout(body.cancel, 2000)
  const text = await readText(body, undefined, 65_536).catch(() => '')
  clearTimeout(timer)
  return text.slice(0, 65_536)
}
