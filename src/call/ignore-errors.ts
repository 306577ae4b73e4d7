/** Calls what the caller gave to be told, and drops what it throws, or rejects with: a call must not fail for who watches it. */
export function ignoreErrors(tell: () => unknown): void {
  ;(async () => tell())().catch(() => {})
}
