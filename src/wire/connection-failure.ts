import { ConnectionError } from '../errors/connection-error.ts'
import { isLLMError, type LLMError } from '../errors/llm-error.ts'
import { TimeoutError } from '../errors/timeout-error.ts'

/** What waiting does not heal: a certificate, a refused permission, a blocked port, a fault in somebody's code. */
const LASTING =
  /CERT|_(SSL|TLS)|UNABLE_TO|INVALID_ARG|EACCES|Z_DATA|NotCapable|Permission|Abort|Reference|bad port|llegal inv|not a f/

/** Tells whether what `fetch` threw may pass by itself: by its name, its code and its text, and those of its cause. */
export function mayHeal(thrown: unknown, depth = 0): boolean {
  const { name, code, message, cause } = Object(thrown)
  const lasts = LASTING.test(`${name} ${code} ${message}`)
  // A cause may be its own cause.
  return !lasts && (!cause || depth > 5 || mayHeal(cause, depth + 1))
}

/**
 * Takes out of an error, and of its causes, what may be a secret or the model's text: a URL's query (Deno's message, Bun's
 * `path`), and the bytes that undici's parser did not take.
 */
function clean(error: unknown, depth = 0): void {
  const { cause } = Object(error)
  for (const name of ['message', 'stack', 'path', 'data']) {
    const text = Object(error)[name]
    // A DOMException's message has no setter.
    if (text)
      Reflect.defineProperty(error as object, name, {
        value: name === 'data' ? '' : `${text}`.replace(/\?[^\s:)]*/g, ''),
        configurable: true,
        writable: true,
      })
  }
  if (cause && depth < 5) clean(cause, depth + 1)
}

/**
 * Makes one of this library's errors of what `fetch`, or a read of its body, threw. The platforms' texts differ; a failure is
 * taken for a passing one unless it tells of a lasting cause.
 */
export function connectionFailure(cause: unknown): LLMError {
  if (isLLMError(cause)) return cause
  clean(cause)
  const { name, cause: inner, code = Object(inner).code } = Object(cause)
  // A limit of the runtime's, or of the caller's own fetch.
  if (name === 'TimeoutError')
    return new TimeoutError("A limit of fetch's own", { cause, phase: 'headers', retryable: true })
  // undici puts the system's error under a `TypeError: fetch failed` or `terminated`.
  const named = typeof code === 'string' ? code : undefined
  return new ConnectionError(`Connection failed${named ? ` (${named})` : ''}`, {
    cause,
    code: named,
    retryable: mayHeal(cause),
  })
}
