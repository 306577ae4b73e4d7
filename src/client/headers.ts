import { isSecret } from '../internal/is-secret.ts'

/** Header names and values; `null` removes one that was set before, `undefined` changes nothing. */
export type HeadersOption = Headers | { readonly [name: string]: string | null | undefined }

/** Sets `more` on `headers`. `refuse` gets the name of one that cannot be sent, never its value. */
export function setHeaders(
  headers: Headers,
  more: HeadersOption | undefined,
  refuse: (path: string) => never,
): void {
  for (const [name, value] of more instanceof Headers ? more : Object.entries(more ?? {})) {
    if (value === undefined) continue
    // RFC 9110, 5.6.2 and 5.5: some runtimes let others through, and some print the value in their error.
    const fits = typeof value === 'string' ? /^[\t -~\x80-\xff]*$/.test(value) : value === null
    if (!fits || !/^[!#$%&'*+.^`|~\w-]+$/.test(name)) refuse(`headers.${name}`)
    if (value === null) headers.delete(name)
    else headers.set(name, value)
  }
}

/** A function that replaces every key and token among `headers` in a text. It holds nothing else of them. */
export function scrubber(headers: Headers): (text: string) => string {
  const secrets = [...headers]
    .filter(([name]) => isSecret(name))
    .map(([, value]) => value.replace(/^(Basic|Bearer|Token) /i, ''))
    // Shorter ones hide nothing, but would blot the text.
    .filter(secret => secret.length > 3)
  return text => secrets.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text)
}
