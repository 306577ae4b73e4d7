import { ConnectionError } from '../errors/connection-error.ts'
import { isLLMError, type LLMError } from '../errors/llm-error.ts'
import { ProtocolError } from '../errors/protocol-error.ts'
import { TimeoutError } from '../errors/timeout-error.ts'

/**
 * What `fetch`, or a read of its body, threw as one of this library's errors. URL and headers were checked before, so a
 * `TypeError` of the platform means that the network failed; its texts differ by runtime and are not looked at.
 */
export function connectionFailure(cause: unknown): LLMError {
  if (isLLMError(cause)) return cause
  // undici puts the system's error under a `TypeError: fetch failed` or `terminated`, and has time limits of its own.
  const reason = Object((cause as Error)?.cause ?? cause)
  const { code } = reason
  // The bytes that its parser of HTTP did not take: the model's text may be among them.
  if (reason.name === 'HTTPParserError') Reflect.deleteProperty(reason, 'data')
  if (/^UND_ERR_(HEADERS|BODY)_TIMEOUT$/.test(code)) {
    const retryable = code === 'UND_ERR_HEADERS_TIMEOUT'
    const phase = retryable ? 'headers' : 'idle'
    return new TimeoutError("A limit of fetch's own dispatcher", { cause, code, phase, retryable })
  }
  return code === 'Z_DATA_ERROR'
    ? new ProtocolError('Corrupt compression', { cause, code })
    : new ConnectionError('Connection failed', {
        cause,
        code: typeof code === 'string' ? code : undefined,
        retryable: true,
      })
}
