/** Header names and values; `null` removes one that was set before, `undefined` changes nothing. Any class of `Headers` will do. */
export type HeadersOption =
  | { readonly [name: string]: string | null | undefined }
  | Iterable<readonly [name: string, value: string]>

/** Headers that have been checked, names in lower case. A plain object: nobody needs the platform's `Headers` before `fetch`. */
export type HeaderRecord = { [name: string]: string }

/**
 * Names that frame a message or belong to one hop (RFC 9110, 7.6.1; RFC 9112, 6): `fetch` sets them, and a wrong length hangs
 * the connection without a byte sent.
 */
const FRAMING =
  /^(connection|content-length|expect|host|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade|__proto__)$/

function entriesOf(more: object): Iterable<readonly [string, unknown]> | undefined {
  if (Symbol.iterator in more) return more as Iterable<[string, unknown]>
  const prototype = Object.getPrototypeOf(more)
  // The entries of any other class would be lost in silence.
  return !prototype || !Object.getPrototypeOf(prototype) ? Object.entries(more) : undefined
}

/**
 * Sets `more` on `headers`. `refuse` gets the path of one that cannot be sent, never its value, and what is wrong with it.
 */
export function setHeaders(
  headers: HeaderRecord,
  more: HeadersOption | undefined,
  refuse: (path: string, message: string) => never,
): void {
  if (more === undefined) return
  const entries = entriesOf(Object(more))
  if (!entries || typeof more !== 'object') refuse('headers', 'must be Headers or a plain object')
  for (const [name, value] of entries) {
    if (value === undefined) continue
    const isToken = /^[!#$%&'*+.^`|~\w-]+$/.test(name)
    // A name with a line end could forge a line of a log.
    const path = isToken ? `headers.${name}` : `headers[${JSON.stringify(name)}]`
    // RFC 9110, 5.6.2 and 5.5: some runtimes let others through, and some print the value in their error.
    const fits = typeof value === 'string' ? /^[\t -~\x80-\xff]*$/.test(value) : value === null
    if (!fits || !isToken) refuse(path, 'is not a valid header')
    const key = name.toLowerCase()
    if (value === null) delete headers[key]
    else if (FRAMING.test(key)) refuse(path, 'is for fetch itself to set')
    else headers[key] = (value as string).trim()
  }
}
