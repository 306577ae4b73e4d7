const WORD =
  /^(auth|authorization|cookie|(api)?key|secret|token|pass|password|passwd|credential|sig|sign|signature)s?$/

/** What is shorter hides nothing, and would blot the text. */
const SHORTEST = 4

/** A part of a secret is one by itself from here on: `Bearer` and the like are not. */
const SHORTEST_PART = 8

/**
 * Tells whether a header or a query member of this name may hold a key or a token. The words of the name decide, not letters
 * in it: `x-functions-key` is one, `x-portkey-provider` and `x-tokenizer` are not, and an idempotency key is none.
 */
export function isSecret(name: string): boolean {
  const words = name.replace(/([a-z\d])([A-Z])/g, '$1-$2').toLowerCase().split(/[^a-z\d]+/)
  return words.some(word => WORD.test(word)) && words[0] !== 'idempotency'
}

/** The halves of `user:password` in a Basic credential. */
function basicParts(value: string): readonly string[] {
  try {
    return atob(/^basic +(.+)/i.exec(value)![1]!).split(':')
  } catch {
    return []
  }
}

/**
 * Lists the secrets of one call: the values of its secret headers and query members, and the parts of each that are long
 * enough to be one. The guard, the scrubber and the cache use this one list.
 */
export function secretsOf(pairs: Iterable<readonly [name: string, value: string]>): readonly string[] {
  const found = new Set<string>()
  for (const [name, value] of pairs) {
    if (!isSecret(name)) continue
    for (const text of [value, value.trim().replace(/^\S+ +/, ''), ...basicParts(value)])
      if (text.length >= SHORTEST) found.add(text)
    for (const part of value.split(/[\s;=,]+/)) if (part.length >= SHORTEST_PART) found.add(part)
  }
  // The longest first: a part that goes before its whole would leave the rest of it.
  return [...found].sort((a, b) => b.length - a.length)
}

/** Replaces every secret in a text. */
export function redact(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text)
}

/** The members of a URL's query, decoded. */
export function queryOf(url: string): Iterable<[string, string]> {
  return url.includes('?') ? new URLSearchParams(url.slice(url.indexOf('?'))) : []
}
