import type { FetchInit, PolicyRequest, Send } from '../call/policy.ts'
import type { CallEnd } from '../call/watcher.ts'
import { isLLMError } from '../errors/llm-error.ts'
import { requestIdOf } from '../wire/api-failure.ts'
import { type Counts, usageOf } from '../wire/usage.ts'

/**
 * What may be told of a call that is over, by a log or a metric. It is a list of what is allowed: no header, no URL, no message
 * of an error, nothing of a prompt or an answer.
 */
export interface CallReport {
  /** The endpoint function, `'createChatCompletion'`; `'fetch'` around another client's. */
  readonly operation: string
  /** As the request names it; for a sink and a log. */
  readonly model?: string | undefined
  /** `cancelled`: the caller aborted it, closed the client or left the stream early. */
  readonly outcome: 'complete' | 'failed' | 'cancelled'
  /** Of the last attempt's answer, if there was one. */
  readonly status?: number | undefined
  /** How many requests were sent; 0 where a policy answered by itself. Around another client's `fetch` it is not known. */
  readonly attempts?: number | undefined
  /** From the call to the end of its body, in milliseconds. */
  readonly ms: number
  /** From the call to a stream's first event, in milliseconds. */
  readonly firstEventMs?: number | undefined
  /** How many events of a stream were handed out. */
  readonly events?: number | undefined
  /** As the service counted, for a stream where it was asked to, or does so by itself. */
  readonly promptTokens?: number | undefined
  readonly completionTokens?: number | undefined
  /** The service's id for the request (`x-request-id`). */
  readonly requestId?: string | undefined
  /** The class of the error, `'Error'` for one that is not of this library. */
  readonly error?: string | undefined
  /** The error's `code`, where it is a name of letters, or a number: another could repeat the prompt. */
  readonly code?: string | undefined
}

/** Follows one call. None of its members may throw. */
export interface Observer {
  /** Whether the report names the model: the whole body must be parsed for it. */
  readonly wantsModel: boolean
  /** A request goes out, the first with number 1. */
  onAttempt?(attempt: number): void
  /** An answer's headers are there. */
  onStatus?(status: number): void
  /** A plain answer's data, or a value of a stream. */
  onValue?(value: unknown): void
  /** The call is over. `headers` are those of the answer, or of the error that it was. */
  onEnd(report: CallReport, headers: Headers | undefined, error: unknown): void
}

function count(value: unknown): number | undefined {
  return Number.isFinite(value) && (value as number) >= 0 ? (value as number) : undefined
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

/** What was seen of a call so far, as its report has it. */
type Seen = { -readonly [K in 'status' | 'attempts' | 'firstEventMs' | 'events']: CallReport[K] }

function reportError(error: unknown): Pick<CallReport, 'error' | 'code'> {
  const { name, code } = Object(error)
  return { error: isLLMError(error) ? name : 'Error', code: only(/^([a-z_]{1,60}|\d{1,6})$/i, code) }
}

/** Sends a call on, and tells `observer` of it, at its end too. */
export async function observe(
  { init, call, signal }: PolicyRequest,
  send: Send,
  observer: Observer,
): Promise<Response> {
  const started = performance.now()
  const { operation = 'fetch', stream, scrub = String } = call ?? {}
  const seen: Seen = {
    status: undefined,
    attempts: call && 0,
    firstEventMs: undefined,
    events: stream ? 0 : undefined,
  }
  let usage: Counts | undefined
  let headers: Headers | undefined
  /** The end of a call that has been read before its response is here. */
  let early: CallEnd | undefined

  function report(outcome: CallReport['outcome'], error?: unknown): void {
    // Those of an error are of the answer that it was.
    const heard = (Object(error).headers as Headers | undefined) ?? headers
    const id = Object(error).requestId ?? (heard && requestIdOf(heard))
    const report: CallReport = {
      operation,
      model: observer.wantsModel ? modelOf(init) : undefined,
      outcome,
      ...seen,
      ms: performance.now() - started,
      promptTokens: count(usage?.promptTokens),
      completionTokens: count(usage?.completionTokens),
      requestId: only(/^[\w.:-]{1,99}$/, id && scrub(`${id}`)),
      ...(outcome === 'failed' && error !== undefined && reportError(error)),
    }
    observer.onEnd(report, heard, error)
  }

  function settle(end: CallEnd): void {
    // A time limit from outside is no wish of the caller's.
    const isWish = signal?.aborted && !Object(end.error).phase
    if ('error' in end) report(isWish ? 'cancelled' : 'failed', end.error)
    else if (end.cancelled) report('cancelled')
    else report(seen.status! < 400 ? 'complete' : 'failed')
  }

  const response = await send({
    attempt() {
      seen.status = undefined
      if (seen.attempts !== undefined) observer.onAttempt?.(++seen.attempts)
    },
    headers(status) {
      seen.status = status
      if (call) observer.onStatus?.(status)
    },
    value(value) {
      if (stream) {
        seen.firstEventMs ??= performance.now() - started
        seen.events!++
      }
      usage = usageOf(value) ?? usage
      observer.onValue?.(value)
    },
    end(end) {
      if (headers || 'error' in end) settle(end)
      else early = end
    },
  })
  headers = response.headers
  seen.status = response.status
  if (stream) seen.firstEventMs ??= performance.now() - started
  if (early) settle(early)
  return response
}
