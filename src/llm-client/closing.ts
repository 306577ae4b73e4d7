import { type FetchPolicy, policy } from '../call/policy.ts'
import { abortWith, linked, onAbort } from '../call/signals.ts'
import { LLMError } from '../errors/llm-error.ts'

/** One error a call: what had arrived of it is noted there. */
function closed(): LLMError {
  return new LLMError('The client is closed', { code: 'CLIENT_CLOSED' })
}

/** Makes a policy that ends every call, streams too, when `closing` aborts, and refuses those that come after. */
export function endWith(closing: AbortSignal): FetchPolicy {
  return policy('closable', async ({ signal }, send) => {
    if (closing.aborted) throw closed()
    const { controller, unlink } = linked(signal)
    const stop = onAbort(closing, () => abortWith(controller, closed()))
    const end = () => {
      stop()
      unlink()
    }
    return send({ end }, { signal: controller.signal })
  })
}
