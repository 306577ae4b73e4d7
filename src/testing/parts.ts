/** A piece of an answer's body, sent at once: an event of a stream, or a whole JSON text. */
export interface Part {
  text: string
  /** Sent in the place of the text: a picture, a sound, a file. */
  bytes?: Uint8Array<ArrayBuffer>
  /** It says, or comes after, that the answer is complete. */
  closing: boolean
}

/** An answer before anything has gone wrong with it. */
export interface Answer {
  status: number
  /** Names in lower case. */
  headers: Record<string, string>
  /** Whether the parts are server-sent events. */
  stream: boolean
  /** Can be walked once. */
  parts: Iterable<Part>
}

/** An answer with a text for its body. */
export function textAnswer(status: number, type: string, text: string): Answer {
  const parts = text === '' ? [] : [{ text, closing: true }]
  return { status, headers: { 'content-type': type }, stream: false, parts }
}

export function jsonAnswer(status: number, value: unknown): Answer {
  return textAnswer(status, 'application/json', JSON.stringify(value) ?? '')
}

/** An answer of bytes. */
export function bytesAnswer(type: string, bytes: Uint8Array<ArrayBuffer>): Answer {
  const parts = [{ text: '', bytes, closing: true }]
  return { status: 200, headers: { 'content-type': type }, stream: false, parts }
}

/** An answer of server-sent events. */
export function eventsAnswer(parts: Iterable<Part>): Answer {
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
  return { status: 200, headers, stream: true, parts }
}

/** An event that has a `type`, which is also its name. */
export function typedEvent(data: { type: string; [name: string]: unknown }, closing = false): Part {
  return { text: `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`, closing }
}
