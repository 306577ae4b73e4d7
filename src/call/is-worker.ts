/** Whether this is a Cloudflare Worker: what one of its requests began ends with it, and never settles for another that waits. */
export function isWorker(): boolean {
  return globalThis.navigator?.userAgent === 'Cloudflare-Workers'
}
