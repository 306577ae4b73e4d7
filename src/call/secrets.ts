const SECRET =
  /^(?!-?idempotency\b).*\b(auth(orization)?|cookie|(api)?key|secret|token|pass(word|wd)?|credential|sig(n|nature)?)s?\b/i

/**
 * Tells whether a header or a query member of this name may hold a key or a token. The words of the name decide, not letters
 * in it: `x-functions-key` is one, `x-portkey-provider` and `x-tokenizer` are not, and an idempotency key is none.
 */
export function isSecret(name: string): boolean {
  return SECRET.test(name.replace(/([a-z\d])(?=[A-Z])|_/g, '$1-'))
}

/** Converts a text, to base64 say: '' where that cannot be done. */
export function converted(convert: typeof atob, text: string): string {
  try {
    return convert(text)
  } catch {
    return ''
  }
}

/**
 * Replaces the secrets of a call in a text: the values of its secret headers and query members, and the parts of each that are
 * long enough to be one.
 */
export function redact(text: string, pairs: readonly (readonly [name: string, value: string])[]): string {
  return (
    pairs
      .flatMap(([name, value]) =>
        isSecret(name)
          ? [
              // Services echo a key in base64, too.
              ...[value, value.replace(/^\S+ +/, '')].flatMap(text =>
                text[3] ? [text, converted(btoa, text).split('=')[0] || text] : [],
              ),
              // Of a Basic credential a service may tell the user or the password alone. A scheme's name, and what else is short,
              // would blot the text.
              ...`${value};${converted(atob, value.replace(/^basic /i, ''))}`
                .split(/[\s;:=,]+/)
                .filter(part => part[7]),
            ]
          : [],
      )
      // The longest first: a part that goes before its whole would leave the rest of it.
      .sort((a, b) => b.length - a.length)
      .reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text)
  )
}

/** The members of a URL's query, decoded. */
export function queryOf(url: string): Iterable<[string, string]> {
  return new URLSearchParams(url.split('?')[1])
}
