/** A JSON object of unknown shape. */
export type JsonObject = Record<string, unknown>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The parsed JSON, or the text itself when it is none. */
export function parseBody(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The body of a request: a form, parsed JSON, or the text itself when it is neither. */
export async function readRequestBody(bytes: BufferSource, type: string | undefined): Promise<unknown> {
  if (type?.startsWith('multipart/form-data'))
    try {
      return await new Response(bytes, { headers: { 'content-type': type } }).formData()
    } catch {
      // What is cut is shown as it came.
    }
  return parseBody(new TextDecoder().decode(bytes))
}
