import { remembered } from './names.ts'

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
  /^((proxy-)?connection|content-length|expect|host|keep-alive|te|trailer|transfer-encoding|upgrade|__proto__)$/

/** A header's name in lower case, or nothing where it cannot be set: one with a line end could forge a line of a log. */
const headerName: (name: string) => string = /* @__PURE__ */ remembered(name => {
  const key = name.toLowerCase()
  // RFC 9110, 5.6.2: some runtimes let others through.
  return /^[!#$%&'*+.^`|~\w-]+$/.test(name) && !FRAMING.test(key) ? key : ''
})

/**
 * Sets `more` on `headers`. `refuse` gets the path of one that cannot be sent, never its value, and what is wrong with it.
 */
export function setHeaders(
  headers: HeaderRecord,
  more: HeadersOption | undefined,
  refuse: (path: string, message: string) => never,
): void {
  const given: object = Object(more)
  const isList = typeof more === 'object' && Symbol.iterator in given
  // The entries of a class that cannot be iterated would be lost in silence.
  if (!isList && Object.getPrototypeOf(Object.getPrototypeOf(given) ?? given))
    refuse('headers', 'must be Headers or a plain object')
  for (const [name, value] of isList ? (given as Iterable<[string, unknown]>) : Object.entries(given)) {
    const key = headerName(name)
    if (value === null) delete headers[key]
    else if (value !== undefined) {
      // RFC 9110, 5.5: some runtimes print the value in their error.
      if (!key || typeof value !== 'string' || !/^[\t -~\x80-\xff]*$/.test(value))
        refuse(`headers[${JSON.stringify(name)}]`, 'is not a header that can be set')
      headers[key] = value.trim()
    }
  }
}
