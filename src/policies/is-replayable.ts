import type { FetchInit } from './policy.ts'

/** Whether the request can be sent twice: a stream, or a `Request` with a body, is gone after the first time. */
export function isReplayable(url: string | { readonly body?: unknown }, { body }: FetchInit): boolean {
  const isStream = body && typeof body === 'object' && 'getReader' in body
  return !isStream && !(typeof url === 'object' && url.body)
}
