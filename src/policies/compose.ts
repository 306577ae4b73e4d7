import { isFrugal, markFrugal, type Policy } from '../call/policy.ts'

/**
 * Joins policies into one, the first one outermost: `compose(a, b)(fetch)` is `a(b(fetch))`.
 * @example
 * const careful = compose(timeout({ total: 30_000 }), retry())
 */
export function compose(...policies: readonly Policy[]): Policy {
  const joined: Policy = next => policies.reduceRight((inner, policy) => policy(inner), next)
  return policies.every(isFrugal) ? markFrugal(joined) : joined
}
