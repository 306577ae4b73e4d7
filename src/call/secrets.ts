const WORD =
  /^(auth|authorization|cookie|(api)?key|secret|token|pass|password|passwd|credential|sig|sign|signature)s?$/

/**
 * Tells whether a header or a query member of this name may hold a key or a token. The words of the name decide, not letters
 * in it: `x-functions-key` is one, `x-portkey-provider` and `x-tokenizer` are not, and an idempotency key is none.
 */
export function isSecret(name: string): boolean {
  const words = name
    .replace(/[A-Z]/g, '-$&')
    .toLowerCase()
    .split(/[^a-z\d]+/)
  return words[0] !== 'idempotency' && words.some(word => WORD.test(word))
}

/** Decodes a Basic credential: a service may tell of the user or the password alone. */
function decodeBasic(value: string): string {
  try {
    return atob(value.replace(/^basic /i, ''))
  } catch {
    return ''
  }
}

/**
 * Lists the secrets of one call: the values of its secret headers and query members, and the parts of each that are long
 * enough to be one. The guard, the scrubber and the cache use this one list.
 */
export function secretsOf(pairs: Iterable<readonly [name: string, value: string]>): readonly string[] {
  return (
    [...pairs]
      .filter(([name]) => isSecret(name))
      .flatMap(([, value]) => [
        ...[value, value.replace(/^\S+ +/, '')]
          .filter(text => text.length > 3)
          // Services echo a key in base64, too.
          .flatMap(text => [text, btoa(text).replace(/=+$/, '')]),
        // A scheme's name, and what else is short, would blot the text.
        ...`${value};${decodeBasic(value)}`.split(/[\s;:=,]+/).filter(part => part.length > 7),
      ])
      // The longest first: a part that goes before its whole would leave the rest of it.
      .sort((a, b) => b.length - a.length)
  )
}

/** Replaces every secret in a text. */
export function redact(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text)
}

/** The members of a URL's query, decoded. */
export function queryOf(url: string): Iterable<[string, string]> {
  return new URLSearchParams(url.split('?')[1])
}
