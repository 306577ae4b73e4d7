import { LLMError } from '../errors/llm-error.ts'
import { onAbort } from '../internal/abort.ts'
import type { Policy } from '../policies/policy.ts'
import { signalOf } from '../policies/signal-of.ts'
import { watchBody } from '../policies/watch-body.ts'

/** One error a call: what had arrived of it is noted there. */
function closed(): LLMError {
  return new LLMError('The client is closed', { code: 'CLIENT_CLOSED' })
}

/** A policy that ends every call, streams too, when `closing` aborts, and refuses those that come after. */
export function endWith(closing: AbortSignal): Policy {
  return next =>
    async function closableFetch(url, init = {}) {
      if (closing.aborted) throw closed()
      const signal = signalOf(url, init)
      const controller = new AbortController()
      const ends = [
        onAbort(closing, () => controller.abort(closed())),
        signal ? onAbort(signal, () => controller.abort(signal.reason)) : () => {},
      ]
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
