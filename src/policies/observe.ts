import type { FetchInit, PolicyRequest, Send } from '../call/policy.ts'
import { isLLMError } from '../errors/llm-error.ts'
import { requestIdOf } from '../wire/api-failure.ts'
import { type Counts, toCount } from '../wire/usage.ts'
import { type Follower, follow } from './follow.ts'

/**
 * What may be told of a call that is over, by a log or a metric. It is a list of what is allowed: no header, no URL, no message
 * of an error, nothing of a prompt or an answer.
 */
export interface CallReport {
  /** The endpoint function, `'createChatCompletion'`; `'fetch'` around another client's. */
  readonly operation: string
  /** The model, as the request names it. */
  readonly model?: string | undefined
  /** `cancelled`: the caller aborted it, closed the client or left the stream early. */
  readonly outcome: 'complete' | 'failed' | 'cancelled'
  /** The HTTP status of the last attempt's answer, if there was one. */
  readonly status?: number | undefined
  /** How many requests were sent; 0 where a policy answered by itself. Around another client's `fetch` it is not known. */
  readonly attempts?: number | undefined
  /** From the call to the end of its body, in milliseconds. */
  readonly ms: number
  /** From the call to a stream's first event, in milliseconds. */
  readonly firstEventMs?: number | undefined
  /** How many events of a stream were handed out. */
  readonly events?: number | undefined
  /** As the service counted, for a stream where it was asked to, or does so by itself. Unknown is undefined, never 0. */
  readonly promptTokens?: number | undefined
  readonly completionTokens?: number | undefined
  /**
   * Everything that the service counted, names in camelCase: what `cost` takes. Numbers, flags and single words; any other text
   * is left out, as it could repeat the prompt.
   */
  readonly usage?: Counts | undefined
  /** The service's id for the request (`x-request-id`). */
  readonly requestId?: string | undefined
  /** The class of the error, `'Error'` for one that is not of this library. */
  readonly error?: string | undefined
  /** The error's `code`, where it is a name of letters, or a number: another could repeat the prompt. */
  readonly code?: string | undefined
}

/** Follows one call. None of its members may throw. */
export interface Observer extends Omit<Follower, 'onEnd'> {
  /** Whether the report names the model: the whole body must be parsed for it. */
  readonly wantsModel: boolean
  /** The call is over. `headers` are those of the answer, or of the error that it was. */
  onEnd(report: CallReport, headers: Headers | undefined, error: unknown): void
}

/** A text of the service's, if it is of the form: any other could repeat the prompt. */
function only(form: RegExp, text: unknown): string | undefined {
  return typeof text === 'string' && form.test(text) ? text : undefined
}

/** The model that a request is for. */
function modelOf({ body }: FetchInit): string | undefined {
  try {
    const { model } = JSON.parse(body as string)
    return typeof model === 'string' ? model : undefined
  } catch {
    return undefined
  }
}

/** Copies counts, without what could be anything but counts. */
function cleanCounts(usage: Counts | undefined, scrub: (text: string) => string): Counts | undefined {
  if (typeof usage !== 'object') return undefined
  try {
    const json = JSON.stringify(usage, (name, value) => {
      if (!/^\w{0,60}$/.test(name)) return undefined
      return typeof value === 'string' ? only(/^[\w.-]{1,60}$/, value) : value
    })
    return JSON.parse(scrub(json))
  } catch {
    // An endpoint of the user's own may make something that is no JSON.
    return undefined
  }
}

function reportError(error: unknown): Pick<CallReport, 'error' | 'code'> {
  const { name, code } = Object(error)
  return { error: isLLMError(error) ? name : 'Error', code: only(/^([a-z_]{1,60}|\d{1,6})$/i, code) }
}

/** Sends a call on, and tells `observer` of it, with a report at its end. */
export function observe(request: PolicyRequest, send: Send, observer: Observer): Promise<Response> {
  const { init, call } = request
  const { operation = 'fetch', scrub = String } = call ?? {}
  // Read at once: what follows a stream holds on to what it uses, and a prompt may be large.
  const model = observer.wantsModel ? modelOf(init) : undefined
  return follow(request, send, {
    ...observer,
    onEnd({ error, headers, usage, ...seen }) {
      const id = Object(error).requestId ?? (headers && requestIdOf(headers))
      const report: CallReport = {
        operation,
        model,
        ...seen,
        promptTokens: toCount(usage?.promptTokens ?? usage?.inputTokens),
        completionTokens: toCount(usage?.completionTokens ?? usage?.outputTokens),
        usage: cleanCounts(usage, scrub),
        requestId: only(/^[\w.:-]{1,99}$/, id && scrub(`${id}`)),
        ...(seen.outcome === 'failed' && error !== undefined && reportError(error)),
      }
      observer.onEnd(report, headers, error)
    },
  })
}
