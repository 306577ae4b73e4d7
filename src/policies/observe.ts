import { isLLMError } from '../errors/llm-error.ts'
import type { Call, Fetch, FetchInit } from './policy.ts'
import { signalOf } from './signal-of.ts'
import { watchBody } from './watch-body.ts'

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

/** Is told of one call. None of it may throw. */
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

interface Counts {
  readonly promptTokens?: unknown
  readonly completionTokens?: unknown
}

/** The counts of an answer or of an event, from wherever services put them: see the accumulator of streams. */
function usageOf(value: unknown): Counts | undefined {
  const { usage, xGroq, choices } = Object(value)
  return usage ?? xGroq?.usage ?? choices?.[0]?.usage
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

/** The call as the policies inside are given it. */
function tap(call: Call, seen: Seen, observer: Observer): Call {
  return {
    ...call,
    onAttempt() {
      seen.status = undefined
      seen.attempts!++
      observer.onAttempt?.(seen.attempts!)
      call.onAttempt?.()
    },
    onHeaders(status) {
      seen.status = status
      observer.onStatus?.(status)
      call.onHeaders?.(status)
    },
  }
}

function reportError(error: unknown): Pick<CallReport, 'error' | 'code'> {
  const { name, code } = Object(error)
  return { error: isLLMError(error) ? name : 'Error', code: only(/^([a-z_]{1,60}|\d{1,6})$/i, code) }
}

/** Sends a call on, and tells `observer` of it, at its end too. */
export async function observe(
  next: Fetch,
  url: string,
  init: FetchInit,
  observer: Observer,
): Promise<Response> {
  const started = performance.now()
  const { call } = init
  const signal = signalOf(url, init)
  const { operation = 'fetch', stream } = call ?? {}
  const seen: Seen = {
    status: undefined,
    attempts: call && 0,
    firstEventMs: undefined,
    events: stream ? 0 : undefined,
  }
  let usage: Counts | undefined

  const onValue = (value: unknown) => {
    if (stream) seen.events!++
    usage = usageOf(value) ?? usage
    observer.onValue?.(value)
  }
  const settle = (outcome: CallReport['outcome'], headers: Headers | undefined, error?: unknown) => {
    const report: CallReport = {
      operation,
      model: observer.wantsModel ? modelOf(init) : undefined,
      outcome,
      ...seen,
      ms: performance.now() - started,
      promptTokens: count(usage?.promptTokens),
      completionTokens: count(usage?.completionTokens),
      requestId: only(/^[\w.:-]{1,99}$/, Object(error).requestId ?? headers?.get('x-request-id')),
      ...(outcome === 'failed' && error !== undefined && reportError(error)),
    }
    observer.onEnd(report, headers, error)
  }
  // A time limit from outside is no wish of the caller's.
  const fail = (error: unknown, headers = Object(error).headers as Headers | undefined) =>
    settle(signal?.aborted && !Object(error).phase ? 'cancelled' : 'failed', headers, error)

  try {
    const response = await next(url, call ? { ...init, call: tap(call, seen, observer) } : init)
    const { headers, ok } = response
    seen.status = response.status
    if (stream) seen.firstEventMs = performance.now() - started
    else if ('data' in response) onValue(response.data)
    return watchBody(response, {
      onValue,
      onEnd(end) {
        if ('error' in end) fail(end.error, headers)
        else settle(end.cancelled ? 'cancelled' : ok ? 'complete' : 'failed', headers)
      },
    })
  } catch (error) {
    fail(error)
    throw error
  }
}
