import { onAbort } from '../internal/abort.ts'
import type { Policy } from '../policies/policy.ts'
import { watchBody } from '../policies/watch-body.ts'

/** A policy that ends every call, streams too, when `closing` aborts, and refuses those that come after. */
export function endWith(closing: AbortSignal): Policy {
  return next =>
    async function closableFetch(url, init = {}) {
      if (closing.aborted) throw closing.reason
      const { signal } = init
      const controller = new AbortController()
      const ends = [signal, closing].map(end =>
        end ? onAbort(end, () => controller.abort(end.reason)) : () => {},
      )
      const onEnd = () => {
        for (const end of ends) end()
      }
      try {
        return watchBody(await next(url, { ...init, signal: controller.signal }), { onEnd })
      } catch (error) {
        onEnd()
        throw error
      }
    }
}
