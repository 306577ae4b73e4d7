/** Header names and values; `null` removes one that was set before, `undefined` changes nothing. */
export type HeadersOption = Headers | { readonly [name: string]: string | null | undefined }

/** Sets `more` on `headers`. `refuse` gets the name of one that cannot be sent; the platform's error would print its value. */
export function setHeaders(
  headers: Headers,
  more: HeadersOption | undefined,
  refuse: (path: string) => never,
): void {
  for (const [name, value] of more instanceof Headers ? more : Object.entries(more ?? {}))
    try {
      if (value === null) headers.delete(name)
      else if (typeof value === 'string') headers.set(name, value)
      else if (value !== undefined) throw value
    } catch {
      refuse(`headers.${name}`)
    }
}

/** A function that replaces every key and token among `headers` in a text. */
export function scrubber(headers: Headers): (text: string) => string {
  return text =>
    [...headers].reduce((rest, [name, value]) => {
      const secret = value.replace(/^Bearer /, '')
      // Shorter ones hide nothing, but would blot the text.
      return /auth|cookie|key|secret|token/.test(name) && secret.length > 3
        ? rest.replaceAll(secret, '[redacted]')
        : rest
    }, text)
}
