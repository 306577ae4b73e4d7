/** The origin that a request goes to. In a page, another client may give a path alone. */
export function originOf(url: string): string {
  return new URL(url, globalThis.location?.href).origin
}
