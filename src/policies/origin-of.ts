/** The origin that a request goes to. Another client may give a `URL` or a `Request`. */
export function originOf(url: string | { readonly url?: string }): string {
  return new URL(Object(url).url ?? url, globalThis.location?.href).origin
}
