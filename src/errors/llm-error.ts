import type { Choice, Message, Usage } from '../chat/types.ts'

const mark = Symbol.for('llmfetch.error')

/** What an {@link LLMError} may be given besides its message. */
export interface LLMErrorDetails {
  /** The error that led to this one. */
  readonly cause?: unknown
  /** A stable name of the reason: the service's own `code`, the system's (`'ECONNREFUSED'`), or `'CIRCUIT_OPEN'`. */
  readonly code?: string | undefined
  /** Whether the same call may succeed when it is sent again. Decided once, here; policies only read it. @default false */
  readonly retryable?: boolean
}

/**
 * What had arrived when a call failed: of a stream the `ChatCompletion` so far, in `runTools` and `streamTools` the `ToolRun`, of
 * `llmfetch/responses` the `ModelResponse`. Nothing of it is sure to be there.
 */
export interface PartialAnswer {
  readonly id?: string
  readonly model?: string
  /** Empty where nothing had arrived. */
  readonly choices?: Choice[]
  readonly usage?: Partial<Usage> | null
  /** The conversation, where a run failed: the next one can go on with it. */
  readonly messages?: Message[]
}

/**
 * The base of every error that this library makes. The caller's own abort is not one of them: a call that was aborted
 * rejects with the caller's `signal.reason`, as `fetch` does.
 * @example
 * if (error instanceof LLMError) console.log(error.name, error.code, error.url, error.retryable)
 */
export class LLMError<Details extends LLMErrorDetails = LLMErrorDetails> extends Error {
  override name = 'LLMError'
  declare readonly code: string | undefined
  /** Whether the same call may succeed when it is sent again. */
  declare readonly retryable: boolean
  /** The address that was asked, origin and path without the query, where a request was under way. */
  declare readonly url?: string
  /** What had arrived, where an answer was put together. Not printed with the error. */
  declare partial?: PartialAnswer | undefined

  constructor(message: string, details?: Details) {
    super(message, details)
    // An answer must not get into a log because an error is printed.
    Object.defineProperties(this, { [mark]: { value: true }, partial: { writable: true } })
    Object.assign(this, { retryable: false }, details)
  }

  /** A summary that is safe to log: no headers, no body, no text of the model. */
  toJSON(): object {
    const { headers, body, ...summary } = this as { headers?: unknown; body?: unknown } & LLMError
    return { ...summary, message: this.message }
  }
}

/** Whether `error` was made by this library, by any copy of it. @example if (isLLMError(error)) log(error.toJSON()) */
export function isLLMError(error: unknown): error is LLMError {
  return !!(error as { [mark]?: true } | undefined)?.[mark]
}

/**
 * Names method, host and path before an error's message, and the address as `url`, once. It must come before anybody reads
 * the stack: V8 formats it then, message included, and never again.
 */
export function locate(error: unknown, method: string, url: string): void {
  if (!isLLMError(error) || error.url) return
  const [address] = url.split('?') as [string]
  const message = `${method} ${address.replace(/^\w+:\/\//, '')}: ${error.message}`
  Object.assign(error, { url: address, message })
}

/**
 * Ends an error's stack with that of whoever reads what failed: the error was made when nobody of theirs was on it.
 * @param signal of the caller, whose reason is theirs and stays as it is
 */
export function addReader(error: unknown, { stack }: Error, signal: AbortSignal | null | undefined): unknown {
  if (isLLMError(error) && error !== signal?.reason && !error.stack!.includes(stack!))
    error.stack += `\n${stack}`
  return error
}

/** The message of an error without the place that {@link locate} put before it: who passes it on adds its own. */
export function bareMessage({ message, url }: LLMError): string {
  return url ? message.replace(/^[A-Z]+ \S+: /, '') : message
}
