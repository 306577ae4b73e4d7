import type { PolicyRequest } from '../call/policy.ts'
import { isSecret, queryOf } from '../call/secrets.ts'
import { untilAborted } from '../call/signals.ts'
import { digest, toHex } from '../wire/digest.ts'
import { isObject, isSchema } from '../wire/names.ts'

/** A request that may be answered from a cache. */
export interface CacheRequest {
  readonly method: string
  readonly url: string
  /**
   * Names in lower case, without those that say nothing of the answer: `content-length`, `idempotency-key`, `traceparent` and
   * `tracestate`.
   */
  readonly headers: { readonly [name: string]: string }
  /** What the body's JSON holds, names as they are on the wire; undefined for a GET. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the caller sends
  readonly body: any
}

const IRRELEVANT = /^(content-length|idempotency-key|trace(parent|state))$/

/** Whether JSON of this form is a whole chat request or one for embeddings. Anything else may have effects. */
function isQuestion(body: CacheRequest['body']): boolean {
  return !body.stream && (Array.isArray(body.messages) || !!body.input)
}

/**
 * Reads what a fetch asks for; undefined where its answer is not one to keep. A body of another client's whose JSON does not
 * survive being read and written (a number with more digits than a double, a member twice) is not either: two of them would
 * have one name.
 */
export function readRequest({ url, input, init, call }: PolicyRequest): CacheRequest | undefined {
  const { method = 'GET', headers, body } = init
  // A `Request` of another client's holds its own method and body.
  if (call?.stream || Object(input).url) return
  const request = (body?: unknown): CacheRequest => ({
    method,
    url,
    headers: Object.fromEntries([...new Headers(headers)].filter(([name]) => !IRRELEVANT.test(name))),
    body,
  })
  try {
    if (method === 'GET' && !body) return request()
    const parsed = method === 'POST' && typeof body === 'string' && JSON.parse(body)
    if (isQuestion(parsed) && isExact(body as string, parsed)) return request(parsed)
  } catch {
    // No JSON, or a header that the platform refuses, as it will once more.
  }
}

/** Whether a text is what its JSON would be written as, but for white space between its members. */
function isExact(text: string, parsed: unknown): boolean {
  const bare = (json: string) =>
    json.replace(/"(?:[^"\\]|\\.)*"|\s+/g, piece => (piece[0] === '"' ? piece : ''))
  const written = JSON.stringify(parsed)
  return text === written || bare(text) === bare(written)
}

/** Members below which the order counts: structured answers come in the order of their schema's properties. */
const ORDERED = /^(tools|functions|response_format|parameters|.*schema)$/

/** Writes JSON that is the same in whichever order the members of an object come, but for schemas. */
export function canonicalJson(value: unknown): string {
  const sorted = (value: unknown): unknown => {
    if (!isObject(value) || isSchema(value)) return value
    if (Array.isArray(value)) return value.map(sorted)
    const keys = Object.keys(value).sort()
    return Object.fromEntries(keys.map(key => [key, ORDERED.test(key) ? value[key] : sorted(value[key])]))
  }
  return JSON.stringify(sorted(value))
}

/**
 * Makes the name of a request in a store: a digest of what decides its answer and of the caller's credentials, those in its
 * query included.
 *
 * @param decisive what takes the place of the request in it
 */
export async function keyOf(
  request: CacheRequest,
  { call, signal }: PolicyRequest,
  decisive: unknown = request,
): Promise<string> {
  const pairs = [...Object.entries(request.headers), ...queryOf(request.url)]
  const credentials = pairs.filter(([name]) => isSecret(name))
  const key = call?.key && (await untilAborted(signal, call.key(signal)))
  return `llmfetch:${toHex(await digest(canonicalJson([credentials, key, decisive])))}`
}
