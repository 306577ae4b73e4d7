import type { PolicyRequest } from '../call/policy.ts'
import { isLLMError } from '../errors/llm-error.ts'

/**
 * Tells whether an error speaks of a service in trouble: no connection, a time limit, a 5xx, a cut stream. Around another
 * client's `fetch` whatever it throws does, as each platform throws something else for a failed connection. The caller's abort
 * does not.
 */
export function isOutage(error: unknown, { call, signal }: Pick<PolicyRequest, 'call' | 'signal'>): boolean {
  // Aborted from outside: by the caller, or by a time limit, of whichever phase.
  if (signal?.aborted) return !!Object(error).phase
  // By name, so that the errors of another copy of this library count too.
  return isLLMError(error) ? /^(Connection|Timeout|Server|IncompleteStream)Error$/.test(error.name) : !call
}
