import type { CacheEntry } from './cache-store.ts'
import type { FetchInit } from './policy.ts'
import { TARGET_HEADER } from './target-header.ts'

/** Tells where an answer is from, on those that are not the service's own to this very call. */
const CACHE_HEADER = 'x-llmfetch-cache'

/** An answer of the service's, with its text where it may be kept: no stream, no error, nothing of another service. */
export interface ReadAnswer {
  readonly response: Response
  readonly text?: string
}

function located(response: Response, url: string): Response {
  return Object.defineProperty(response, 'url', { value: `${url}` })
}

export async function readAnswer(response: Response): Promise<ReadAnswer> {
  const { status, headers, url } = response
  if (status !== 200 || headers.has(TARGET_HEADER)) return { response }
  if ('data' in response) return { response, text: await response.clone().text() }
  if (!/^application\/json *(;|$)/i.test(`${headers.get('content-type')}`)) return { response }
  const text = await response.text()
  return { response: located(new Response(text, response), url), text }
}

/** The headers that are kept: none that tells of another caller. */
export function keptHeaders(headers: Headers): CacheEntry['headers'] {
  return Object.fromEntries([...headers].filter(([name]) => /^(content-type|x-request-id)$/.test(name)))
}

/**
 * An answer that is not the service's own, as whoever asked expects it.
 *
 * @param from what the header says
 */
export async function serve(
  body: string,
  headers: HeadersInit,
  from: string | undefined,
  url: string,
  init: FetchInit,
): Promise<Response> {
  const all = new Headers(headers)
  if (from) all.set(CACHE_HEADER, from)
  // Of a part of it.
  all.delete('content-length')
  const response = new Response(body, { headers: all })
  return init.call ? init.call.read(response, init) : located(response, url)
}
