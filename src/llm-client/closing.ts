import { type FetchPolicy, policy } from '../call/policy.ts'
import { abortWith, linked } from '../call/signals.ts'
import { LLMError } from '../errors/llm-error.ts'

/** A policy that can end every call at once. */
export interface Closing {
  readonly policy: FetchPolicy
  /** Ends every call in flight, streams too, and refuses those that come after. */
  close(): void
}

/** One error a call: what had arrived of it is noted there. */
function closed(): LLMError {
  return new LLMError('The client is closed', { code: 'CLIENT_CLOSED' })
}

export function createClosing(): Closing {
  const inFlight = new Set<AbortController>()
  let isClosed = false
  return {
    policy: policy('closable', async ({ signal }, send) => {
      if (isClosed) throw closed()
      const { controller, unlink } = linked(signal)
      inFlight.add(controller)
      const end = () => {
        inFlight.delete(controller)
        unlink()
      }
      return send({ end }, { signal: controller.signal })
    }),
    close() {
      isClosed = true
      for (const controller of inFlight) abortWith(controller, closed())
    },
  }
}
