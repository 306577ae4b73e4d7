import { describe, expect, it } from 'vitest'
import { ConnectionError, LLMError, TimeoutError } from '../../src/index.ts'
import { connectionFailure } from '../../src/wire/connection-failure.ts'

describe('connectionFailure', () => {
  it.each([
    'fetch failed',
    'Failed to fetch',
    'Load failed',
    'NetworkError when attempting to fetch resource.',
    'Unable to connect. Is the computer able to access the url?',
    'error sending request',
  ])('C3 is the same for the text of every runtime: %s', text => {
    const cause = new TypeError(text)
    const error = connectionFailure(cause)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ retryable: true, code: undefined, cause })
    expect(error.message).not.toContain(text)
  })

  it.each(['ECONNREFUSED', 'ENOTFOUND', 'ECONNRESET', 'UND_ERR_SOCKET', 'ConnectionRefused'])(
    'keeps the code %s',
    code => {
      expect(connectionFailure(new TypeError('fetch failed', { cause: { code } })).code).toBe(code)
      expect(connectionFailure(Object.assign(new Error('m'), { code })).code).toBe(code)
    },
  )

  it.each(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])(
    'C20 keeps the code of a limit of undici: %s',
    code => {
      const error = connectionFailure(new TypeError('fetch failed', { cause: { code } }))
      expect(error).toMatchObject({ name: 'ConnectionError', code, retryable: true })
    },
  )

  it("C20 takes a limit of the runtime's own for a timeout", () => {
    const error = connectionFailure(new DOMException('The operation timed out.', 'TimeoutError'))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ phase: 'headers', retryable: true })
  })

  it("takes the answer's bytes off an error of undici's parser", () => {
    const reason = Object.assign(new Error('m'), { name: 'HTTPParserError', data: 'the answer' })
    const cause = new TypeError('fetch failed', { cause: reason })
    expect(connectionFailure(cause).cause).toBe(cause)
    expect(reason.data).toBe('')
    const frozen = Object.freeze({ name: 'HTTPParserError', data: 'the answer' })
    expect(connectionFailure(frozen)).toBeInstanceOf(ConnectionError)
  })

  it('leaves errors of this library alone', () => {
    const error = new LLMError('m')
    expect(connectionFailure(error)).toBe(error)
  })

  it.each([undefined, null, 'text', 5, {}])('survives that %s was thrown', thrown => {
    expect(connectionFailure(thrown)).toBeInstanceOf(ConnectionError)
  })

  it('has a code that is a text, or none', () => {
    const error = connectionFailure(new DOMException('gone', 'NetworkError'))
    expect(['undefined', 'string']).toContain(typeof error.code)
  })
})
