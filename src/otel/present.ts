import type { Attributes } from './types.ts'

/** Copies attributes, without those that are undefined: not every tracer leaves them out. */
export function present(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined))
}
