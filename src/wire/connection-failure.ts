import { ConnectionError } from '../errors/connection-error.ts'
import { isLLMError, type LLMError } from '../errors/llm-error.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import { TimeoutError } from '../errors/timeout-error.ts'

/** What waiting does not heal: a certificate, a refused permission, a blocked port, a fault in somebody's code. */
const LASTING = {
  name: /^(Abort|Eval|NotAllowed|NotCapable|PermissionDenied|Range|Reference|Security|Syntax)(Error)?$/,
  code: /CERT|^ERR_(SSL|TLS)|SELF_SIGNED|UNABLE_TO|INVALID_ARG|^E(ACCES|PERM)$/,
  message: /certificate|bad port|illegal invocation|is not (a function|defined)/i,
} as const

/** Tells whether what `fetch` threw may pass by itself: its name, its code and its text, and those of its cause. */
export function mayHeal(thrown: unknown): boolean {
  const lasts = (error: unknown) =>
    (['name', 'code', 'message'] as const).some(member => LASTING[member].test(`${Object(error)[member]}`))
  return !lasts(thrown) && !lasts(Object(thrown).cause)
}

/** Takes out of an error what may be a secret or the model's text: a URL's query, and the bytes that a parser did not take. */
function clean(error: unknown, depth = 0): void {
  if (!(error instanceof Error) || depth > 3) return
  Reflect.deleteProperty(error, 'data')
  for (const name of ['message', 'stack', 'path', 'url']) {
    const text: unknown = Reflect.get(error, name)
    if (typeof text !== 'string' || !text.includes('?')) continue
    const value = text.replace(/(\/[^\s?#'"]*)\?[^\s'")]*/g, '$1')
    // A DOMException's message has no setter.
    if (value !== text) Reflect.defineProperty(error, name, { value, configurable: true, writable: true })
  }
  clean(error.cause, depth + 1)
}

/**
 * Makes one of this library's errors of what `fetch`, or a read of its body, threw. The platforms' texts differ; a failure is
 * taken for a passing one unless its name, code or text tells of a lasting cause.
 */
export function connectionFailure(thrown: unknown): LLMError {
  if (isLLMError(thrown)) return thrown
  clean(thrown)
  // undici puts the system's error under a `TypeError: fetch failed` or `terminated`.
  const reason = Object((thrown as Error)?.cause ?? thrown)
  const { name } = Object(thrown)
  const code: unknown = reason.code ?? Object(thrown).code
  const details = { cause: thrown, code: typeof code === 'string' ? code : undefined }
  // undici's own limits, and those of a runtime or of the caller's own fetch.
  if (name === 'TimeoutError' || /^UND_ERR_(HEADERS|BODY)_TIMEOUT$/.test(`${code}`)) {
    const retryable = code !== 'UND_ERR_BODY_TIMEOUT'
    const phase = retryable ? 'headers' : 'idle'
    return new TimeoutError("A limit of fetch's own", { ...details, phase, retryable })
  }
  if (code === 'Z_DATA_ERROR') return new ProtocolError('Corrupt compression', details)
  return new ConnectionError(`Connection failed${details.code ? ` (${details.code})` : ''}`, {
    ...details,
    retryable: mayHeal(thrown),
  })
}
