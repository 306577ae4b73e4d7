import type { CallOptions } from './types.ts'

/**
 * The options of one of several requests that are one call to whoever makes it: a service that has seen a key answers as it did
 * then, or refuses another body.
 *
 * @param nth tells the request from the others; nothing of it is said of the first, 0
 */
export function nthOptions<Options extends CallOptions>(options: Options, nth: number | string): Options {
  const { idempotencyKey: key } = options
  return nth && key ? { ...options, idempotencyKey: `${key}-${nth}` } : options
}
