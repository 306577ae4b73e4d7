import { type Fetch, isFrugal, markFrugal, type Policy } from '../call/policy.ts'
import { misconfigured } from '../wire/service.ts'

/**
 * Refuses the function that makes a policy in the place of one: `cache: cache`. It takes the `fetch` for its options, and no call
 * would ever be sent.
 */
export function called(policy: Policy): Policy {
  const checked = (next: Fetch): Fetch => {
    const fetch: Policy | Fetch = policy(next)
    if (isFrugal(fetch as unknown as Policy)) misconfigured(`${policy.name} is not called: ${policy.name}()`)
    return fetch
  }
  return isFrugal(policy) ? markFrugal(checked) : checked
}
