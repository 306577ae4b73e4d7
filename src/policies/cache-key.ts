import { digest } from '../internal/digest.ts'
import { isSecret } from '../internal/is-secret.ts'
import type { FetchInit } from './policy.ts'

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

/** What a fetch asks for, or undefined where its answer is not one to keep. */
export function readRequest(
  url: string,
  { method = 'GET', headers, body, call }: FetchInit,
): CacheRequest | undefined {
  // Another client may give a `Request`, which holds its own method and body.
  if (call?.stream || typeof url !== 'string') return
  const request = (body?: unknown): CacheRequest => ({
    method,
    url,
    headers: Object.fromEntries([...new Headers(headers)].filter(([name]) => !IRRELEVANT.test(name))),
    body,
  })
  try {
    if (method === 'GET' && !body) return request()
    const parsed = method === 'POST' && typeof body === 'string' && JSON.parse(body)
    if (isQuestion(parsed)) return request(parsed)
  } catch {
    // No JSON, or a header that the platform refuses, as it will once more.
  }
}

/** JSON that is the same in whichever order the members of an object come. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, value) =>
    Object(value) === value && !Array.isArray(value)
      ? Object.fromEntries(
          Object.keys(value)
            .sort()
            .map(key => [key, value[key]]),
        )
      : value,
  )
}

/** The numbers of a body's JSON that have more digits than a double, of which `JSON.parse` makes one; not those in its texts. */
export function longNumbers(body: FetchInit['body']): readonly string[] {
  // Without escapes, every second piece between quotes is a text.
  const pieces = `${body}`.replace(/\\./g, '').split('"')
  const outside = pieces.filter((_, place) => place % 2 === 0).join()
  const found = outside.match(/-?([\d.]{15,}|[\d.]+(?=e))(e[+-]?\d+)?/gi) ?? []
  return found.filter(number => `${+number}` !== number)
}

/**
 * The name of a request in a store: a digest of what decides its answer and of the caller's credentials.
 *
 * @param decisive what takes the place of the request in it
 * @param numbers those of the body, found once for all parts of a batch
 */
export async function keyOf(
  request: CacheRequest,
  { body, call }: FetchInit,
  decisive: unknown = request,
  numbers: readonly string[] = longNumbers(body),
): Promise<string> {
  const credentials = Object.entries(request.headers).filter(([name]) => isSecret(name))
  const bytes = new Uint8Array(
    await (call?.digest ?? digest)(canonicalJson([credentials, decisive, numbers])),
  )
  return `llmfetch:${Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')}`
}
