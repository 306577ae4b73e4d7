import { Refusal } from './refusal.ts'

/** How deep a body may be: a parser or a printer that calls itself would break further down the line. */
const MAX_DEPTH = 64

/** A request's body: the text as it came, and what it says. */
export interface RequestBody {
  readonly text: string
  readonly bytes: number
  readonly json: { readonly [name: string]: unknown }
}

async function readText(request: Request, maxBytes: number): Promise<Omit<RequestBody, 'json'>> {
  /** The visitor's doing, and no failure that the owner is told of. */
  const broken = () => {
    throw new Refusal(400, 'bad_body', 'The request broke off')
  }
  const tooLarge = () => new Refusal(413, 'body_too_large', `The request is over ${maxBytes} bytes`)
  if (Number(request.headers.get('content-length')) > maxBytes) throw tooLarge()
  const reader = request.body?.getReader()
  const decoder = new TextDecoder()
  let left = maxBytes
  let text = ''
  for (;;) {
    const bytes = (await reader?.read().catch(broken))?.value
    if (!bytes) return { text: text + decoder.decode(), bytes: maxBytes - left }
    left -= bytes.byteLength
    if (left < 0) {
      reader?.cancel().catch(() => {})
      throw tooLarge()
    }
    text += decoder.decode(bytes, { stream: true })
  }
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
  const { text, bytes } = await readText(request, maxBytes)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {}
  if (typeof json !== 'object' || !json || Array.isArray(json))
    throw new Refusal(400, 'bad_json', 'The request must be a JSON object')
  if (isTooDeep(json)) throw new Refusal(400, 'bad_json', `The request is over ${MAX_DEPTH} levels deep`)
  return { text, bytes, json: json as RequestBody['json'] }
}
