import { LimitError } from '../errors/limit-error.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import { onAbort } from './abort.ts'
import { connectionFailure } from './connection-failure.ts'

/** Reads a response's bytes by demand. */
export interface BodyReader {
  /** The next bytes, or undefined after the last. Rejects with the signal's reason, a `ConnectionError` or a `LimitError`. */
  read(): Promise<Uint8Array | undefined>
  /** Ends the reading: a `read` that is under way answers undefined, and the server sees the disconnect. */
  cancel(): void
}

/** A response that can end its request. */
export interface Disconnectable extends Response {
  readonly disconnect?: () => void
}

/** Opens a response's body; `onBytes` is called after each read. What counts against `maxBytes` are the bytes that arrive, decompressed. */
export function openBody(
  { body, headers, disconnect }: Disconnectable,
  signal: AbortSignal,
  maxBytes: number,
  onBytes?: () => void,
): BodyReader {
  const reader = body?.getReader()
  // A `content-length` is only a promise, but one above the limit is enough.
  let left = Number(headers.get('content-length')) > maxBytes ? 0 : maxBytes
  let atEnd = !reader
  let stop: (() => void) | undefined
  const cancel = () => {
    stop?.()
    // It rejects where the body has failed, and there is nothing left to free then.
    reader?.cancel().then(
      () => reader.releaseLock(),
      () => {},
    )
    // Firefox keeps the connection of a cancelled body open until more bytes arrive, and has six of them.
    if (!atEnd) disconnect?.()
  }
  // A read that is under way ends at once, whatever becomes of the request. Taken back at the end: Node's fetch holds the signal
  // until its request is collected, which the error of a cut body keeps alive, and the body would keep that.
  stop = onAbort(signal, cancel)
  return {
    cancel,
    async read() {
      try {
        const { value } = (reader ? await reader.read() : {}) as { readonly value?: Uint8Array }
        if (value && !(value.byteLength >= 0)) throw new ProtocolError('The body is not of bytes')
        atEnd = !value
        left -= value?.byteLength ?? 0
        onBytes?.()
        if (!value) stop?.()
        if (left >= 0 && !signal.aborted) return value
        throw new LimitError(`Answer over ${maxBytes} bytes`)
      } catch (error) {
        cancel()
        throw signal.aborted ? signal.reason : connectionFailure(error)
      }
    },
  }
}

/** What is left of a body, as text; invalid UTF-8 becomes U+FFFD. Stops after `enough` characters. */
export async function readText(
  body: BodyReader,
  decoder: TextDecoder = new TextDecoder(),
  enough: number = Number.POSITIVE_INFINITY,
): Promise<string> {
  let text = ''
  let bytes: Uint8Array | undefined
  do {
    bytes = await body.read()
    text += decoder.decode(bytes, { stream: !!bytes })
  } while (bytes && text.length < enough)
  body.cancel()
  return text
}

/** Reads what an error may say: two seconds are all that it may cost. Nothing, where it cannot be read. */
export async function readBriefly(body: BodyReader, enough?: number): Promise<string> {
  const timer = setTimeout(body.cancel, 2000)
  const text = await readText(body, undefined, enough).catch(() => '')
  clearTimeout(timer)
  return text
}
