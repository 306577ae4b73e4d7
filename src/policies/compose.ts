import type { Policy } from './policy.ts'

/** Joins policies into one, the first outermost: `compose(a, b)(fetch)` is `a(b(fetch))`. */
export function compose(...policies: readonly Policy[]): Policy {
  return next => policies.reduceRight((inner, policy) => policy(inner), next)
}
