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

  it("C20 takes a limit of the runtime's own for a timeout", () => {
    const cause = new DOMException('The operation timed out.', 'TimeoutError')
    const error = connectionFailure(cause)
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ phase: 'headers', retryable: true, cause })
  })

  it.each(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])('C20 names a limit of undici: %s', code => {
    const error = connectionFailure(new TypeError('fetch failed', { cause: { code } }))
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ code, message: expect.stringContaining(code) })
  })

  it('does not take broken compression for a connection that may come back', () => {
    const cause = { code: 'Z_DATA_ERROR' }
    expect(connectionFailure(new TypeError('terminated', { cause }))).toMatchObject({
      name: 'ConnectionError',
      code: 'Z_DATA_ERROR',
      retryable: false,
    })
  })

  const coded = (code: string) => new TypeError('fetch failed', { cause: { code } })
  it.each<[string, unknown]>([
    ['a dispatcher of another version (openai-node#1886)', coded('UND_ERR_INVALID_ARG')],
    ['an expired certificate (openclaw#111817)', coded('CERT_HAS_EXPIRED')],
    ['a certificate of a proxy’s own', coded('SELF_SIGNED_CERT_IN_CHAIN')],
    ['one whose issuer is unknown', coded('UNABLE_TO_GET_ISSUER_CERT_LOCALLY')],
    ['one for another host', coded('ERR_TLS_CERT_ALTNAME_INVALID')],
    ['a port that fetch never asks', new TypeError('fetch failed', { cause: new Error('bad port') })],
    ['a refused permission of Deno', Object.assign(new Error('m'), { name: 'NotCapable' })],
    ['one of the system', coded('EACCES')],
    [
      'a fetch without its owner (workerd)',
      new TypeError('Illegal invocation: function called with incorrect `this`'),
    ],
    ['a fault in the caller’s own fetch', new ReferenceError('tokenn is not defined')],
    ['another', new TypeError('options.sign is not a function')],
    ['its own abort', new DOMException('This operation was aborted', 'AbortError')],
  ])('does not take for one that may pass: %s', (_, thrown) => {
    const error = connectionFailure(thrown)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ retryable: false, cause: thrown })
  })

  it.each<[string, unknown]>([
    ['a host without an address for now', coded('EAI_AGAIN')],
    ['a reset', coded('ECONNRESET')],
    ['a route that is gone', coded('ENETUNREACH')],
    ['a lost connection of a Worker', new Error('Network connection lost.')],
    ['a failed one of a page', new TypeError('Failed to fetch')],
  ])('takes for one that may pass: %s', (_, thrown) => {
    expect(connectionFailure(thrown)).toMatchObject({ name: 'ConnectionError', retryable: true })
  })

  it('takes the query of an address out of what the platform says', () => {
    const url = 'https://api.test/v1/models?key=secret-1&a=b'
    const cause = Object.assign(new TypeError(`error sending request for url (${url}): closed`), {
      path: url,
    })
    const error = connectionFailure(new TypeError('fetch failed', { cause }))
    const texts = [cause.message, cause.stack, cause.path, error.message, error.stack].join('\n')
    expect(texts).not.toContain('secret-1')
    expect(texts).toContain('https://api.test/v1/models')
    const exception = new DOMException(`no: ${url}`, 'NetworkError')
    connectionFailure(exception)
    expect(exception.message).toBe('no: https://api.test/v1/models')
  })

  it('survives a cause that is its own cause', () => {
    const cause = new TypeError('fetch failed')
    Object.assign(cause, { cause })
    expect(connectionFailure(cause)).toBeInstanceOf(ConnectionError)
  })

  it("takes the answer's bytes off an error of undici's parser", () => {
    const reason = Object.assign(new Error('m'), { name: 'HTTPParserError', data: 'the answer' })
    const cause = new TypeError('fetch failed', { cause: reason })
    expect(connectionFailure(cause).cause).toBe(cause)
    expect(JSON.stringify(reason)).not.toContain('the answer')
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
