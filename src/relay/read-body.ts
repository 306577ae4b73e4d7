import { type ReadText, readText } from './read-text.ts'
import { Refusal } from './refusal.ts'

/** How deep a body may be: a parser or a printer that calls itself would break further down the line. */
const MAX_DEPTH = 64

/** A request's body: the text as it came, and what it says. */
export interface RequestBody extends ReadText {
  readonly json: { readonly [name: string]: unknown }
}

function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; level.length; depth++) {
    if (depth > MAX_DEPTH) return true
    level = level.flatMap(each => (typeof each === 'object' && each ? Object.values(each) : []))
  }
  return false
}

/** Reads a request's JSON; its bytes are counted while they arrive, as a `content-length` is only a promise. */
export async function readBody(request: Request, maxBytes: number): Promise<RequestBody> {
  const tooLarge = () => new Refusal(413, 'body_too_large', `The request is over ${maxBytes} bytes`)
  if (Number(request.headers.get('content-length')) > maxBytes) throw tooLarge()
  // The visitor's doing, and no failure that the owner is told of.
  const { text, bytes } = await readText(request.body, maxBytes).catch(() => {
    throw new Refusal(400, 'bad_body', 'The request broke off')
  })
  if (bytes > maxBytes) throw tooLarge()
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {}
  if (typeof json !== 'object' || !json || Array.isArray(json))
    throw new Refusal(400, 'bad_json', 'The request must be a JSON object')
  if (isTooDeep(json)) throw new Refusal(400, 'bad_json', `The request is over ${MAX_DEPTH} levels deep`)
  return { text, bytes, json: json as RequestBody['json'] }
}
