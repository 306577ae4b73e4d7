/** A piece of an answer's body, sent at once: an event of a stream, or a whole JSON text. */
export interface Part {
  text: string
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
