import type { FetchInit } from './policy.ts'

/** What ends a request. Another client may give a `Request`, whose own signal counts where `init` has none. */
export function signalOf(
  url: string | { readonly signal?: AbortSignal },
  { signal = Object(url).signal as AbortSignal | undefined }: FetchInit,
): AbortSignal | null {
  return signal ?? null
}
