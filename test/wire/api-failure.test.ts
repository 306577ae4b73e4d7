import { describe, expect, it } from 'vitest'
import {
  APIError,
  AuthenticationError,
  ConflictError,
  ContentFilterError,
  isLLMError,
  NotFoundError,
  PermissionError,
  RateLimitError,
  ServerError,
  ValidationError,
} from '../../src/index.ts'
import { apiFailure } from '../../src/wire/api-failure.ts'

/** The error that a body stands for. */
function failure(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
  key = 'unused-key',
  // biome-ignore lint/suspicious/noExplicitAny: the tests look at members of several classes
): any {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  // The status that a Response may have ends at 599.
  return apiFailure(text, new Response(null, { status, headers }), text => text.replaceAll(key, '[redacted]'))
}

const RETRIED = [408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529]

function classFor(status: number): unknown {
  if (status === 400 || status === 422) return ValidationError
  if (status === 401) return AuthenticationError
  if (status === 403) return PermissionError
  if (status === 404) return NotFoundError
  if (status === 409) return ConflictError
  if (status === 429) return RateLimitError
  return status >= 500 ? ServerError : APIError
}

describe('the class and whether to retry, by status', () => {
  it.each(Array.from({ length: 130 }, (_, place) => 400 + place))('%i', status => {
    const error = failure(status, { error: { message: 'No.' } })
    expect(error.constructor).toBe(classFor(status))
    expect(error).toMatchObject({ status, retryable: RETRIED.includes(status), message: `${status} No.` })
    expect(isLLMError(error)).toBe(true)
  })
})

describe('x-should-retry', () => {
  it.each([
    [400, 'true', true],
    [401, 'true', true],
    [501, 'true', true],
    [429, 'false', false],
    [503, 'false', false],
  ])('of a %i: %s', (status, asked, retryable) => {
    expect(failure(status, {}, { 'x-should-retry': asked })).toMatchObject({ retryable })
  })
})

describe('a quota that is spent', () => {
  it.each([
    { code: 'insufficient_quota' },
    { type: 'insufficient_quota' },
    { code: 'billing_hard_limit_reached' },
    { type: 'billing_not_active', code: null },
    { code: 'spend_limit_exceeded' },
  ])('is not retried: %j', details => {
    const error = failure(429, { error: { message: 'Pay.', ...details } })
    expect(error).toBeInstanceOf(RateLimitError)
    expect(error.retryable).toBe(false)
  })
  it('is not what a rate limit is', () => {
    const error = failure(429, { error: { message: 'Slow.', code: 'rate_limit_exceeded', type: 'requests' } })
    expect(error).toMatchObject({ retryable: true, code: 'rate_limit_exceeded', type: 'requests' })
  })
})

describe('an error inside a 200', () => {
  it.each([
    [{ error: { message: 'm', code: 503 } }, ServerError, 503, true],
    [{ error: { message: 'm', code: '503' } }, ServerError, 503, true],
    [{ error: { message: 'm', code: 429 } }, RateLimitError, 429, true],
    [{ error: { message: 'm', code: 400 } }, ValidationError, 400, false],
    [{ error: { message: 'm', code: null, type: 'server_error' } }, ServerError, 500, true],
    [{ error: { message: 'm', type: 'overloaded_error' } }, ServerError, 500, true],
    // Anthropic, in its streams for clients of OpenAI (SwiftOpenAI#144).
    [
      { error: { message: 'm', code: 'overloaded_error', type: 'invalid_request_error' } },
      ServerError,
      500,
      true,
    ],
    [{ error: { message: 'm', type: 'internal_error' } }, ServerError, 500, true],
    [{ error: { message: 'm', type: 'api_error' } }, ServerError, 500, true],
    [{ error: { message: 'm', type: 'timeout_error' } }, ServerError, 500, true],
    [{ error: { message: 'm', code: 'rate_limit_exceeded' } }, RateLimitError, 429, true],
    [{ error: { message: 'm', code: 'insufficient_quota' } }, RateLimitError, 429, false],
    [{ error: { message: 'm', code: 'invalid_api_key' } }, AuthenticationError, 401, false],
    [{ error: { message: 'm', type: 'authentication_error' } }, AuthenticationError, 401, false],
    [{ error: { message: 'm', type: 'invalid_request_error' } }, ValidationError, 400, false],
    [{ error: { message: 'm', code: 'content_filter' } }, ContentFilterError, 200, false],
    [{ error: { message: 'm' } }, APIError, 200, false],
    [{ object: 'error', message: 'm', type: 'BadRequestError', code: 400 }, ValidationError, 400, false],
    [{ object: 'error', message: 'm', type: 'InternalServerError', code: 500 }, ServerError, 500, true],
    [{ code: 'The service is busy', error: 'm' }, APIError, 200, false],
    [[{ error: { message: 'm', code: 404, status: 'NOT_FOUND' } }], NotFoundError, 404, false],
    [{ code: 429, message: 'm' }, RateLimitError, 429, true],
    [{ error: { message: 'm', status: 503 } }, ServerError, 503, true],
    [{ error: { message: 'm', statusCode: 429 } }, RateLimitError, 429, true],
    [{ error: { message: 'm', code: 'RateLimitReached' } }, RateLimitError, 429, true],
    [{ error: { message: 'm', code: 'Throttling.RateQuota' } }, RateLimitError, 429, true],
    [{ error: { message: 'm', status: 'RESOURCE_EXHAUSTED' } }, RateLimitError, 429, true],
    [{ error: { message: 'm', code: 'INTERNAL_SERVER_ERROR' } }, ServerError, 500, true],
    [{ error: { message: 'm', status: 'UNAVAILABLE' } }, ServerError, 500, true],
    [{ error: { message: 'm', type: 'upstream_error' } }, ServerError, 500, true],
    [
      { error: { message: 'm', type: 'service_unavailable_error', code: 'server_is_overloaded' } },
      ServerError,
      500,
      true,
    ],
    [{ error: { message: 'm', type: 'tokens', code: 'rate_limit_exceeded' } }, RateLimitError, 429, true],
    [{ error: { message: 'm', type: 'exceeded_current_quota_error' } }, RateLimitError, 429, false],
    [{ error: { message: 'm', type: 'error', code: 'error' } }, APIError, 200, false],
    [{ choices: null, base_resp: { status_code: 1008, status_msg: 'm' } }, APIError, 200, false],
  ] as const)('%j', (body, Class, status, retryable) => {
    const error = failure(200, body)
    expect(error.constructor).toBe(Class)
    expect(error).toMatchObject({ status, retryable, message: `${status} m` })
  })

  it('keeps the code of a refusal by a moderator', () => {
    const error = failure(200, {
      error: { message: 'm', code: 'content_policy_violation', type: 'invalid_request_error' },
    })
    expect(error).toBeInstanceOf(ContentFilterError)
    expect(error).toMatchObject({ retryable: false })
  })

  it('does not take a word that has another in it for a rate limit', () => {
    const moderated = failure(200, { error: { message: 'm', code: 'content_moderated' } })
    expect(moderated.retryable).toBe(false)
  })
})

describe('the shapes of a body', () => {
  it.each([
    ['{"error":{…}}', { error: { message: 'Why', code: 'c', type: 't', param: 'p' } }, 'Why'],
    ['{"error":"…"}', { error: 'Why', code: 'c' }, 'Why'],
    ['flat', { object: 'error', message: 'Why', code: 'c', type: 't', param: 'p' }, 'Why'],
    ['a message alone', { message: 'Why' }, 'Why'],
    ['{"detail":"…"}', { detail: 'Why' }, 'Why'],
    [
      '{"detail":[…]}',
      { detail: [{ loc: ['body', 'model'], msg: 'missing' }] },
      '[{"loc":["body","model"],"msg":"missing"}]',
    ],
    ['a list of one', [{ error: { message: 'Why' } }], 'Why'],
    ['a text', 'Why', 'Why'],
    ['a text as JSON', '"Why"', 'Why'],
    ['nothing', '', ''],
    ['null', 'null', '{}'],
    ['an empty list', '[]', '{}'],
    ['an object that tells nothing', { a: 1 }, '{"a":1}'],
    ['"error": null', { error: null, message: 'Why' }, 'Why'],
    ['a number', '5', '5'],
  ])('B31 %s', (_, body, said) => {
    expect(failure(418, body).message.trim()).toBe(`418 ${said}`.trim())
  })

  it('B31 reads the words of each service, where it puts them', () => {
    expect(
      failure(400, {
        success: false,
        result: null,
        messages: [],
        errors: [{ code: 7003, message: 'No such model' }],
      }),
    ).toMatchObject({ name: 'ValidationError', code: '7003', message: '400 No such model' })
    expect(failure(400, { errors: 'No such model' }).message).toBe('400 No such model')
    expect(failure(400, { errors: ['No such model'] }).message).toBe('400 No such model')
    const fields = { model: ['is required'] }
    expect(failure(400, { errors: fields }).message).toBe(`400 ${JSON.stringify(fields)}`)
    expect(failure(400, { title: 'Bad', detail: 'Why', errors: fields }).message).toBe('400 Why')
    expect(
      failure(200, { base_resp: { status_code: 1008, status_msg: 'insufficient balance' } }),
    ).toMatchObject({
      message: expect.stringContaining('insufficient balance'),
      retryable: false,
    })
    expect(failure(400, { code: 'InvalidParameter', msg: 'Why' })).toMatchObject({
      code: 'InvalidParameter',
      message: '400 Why',
    })
  })

  it('B31 takes a text that begins with <400> for no markup (qwen-code#3145)', () => {
    const message = '<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 8192]'
    expect(failure(400, { error: { message, type: 'invalid_request_error' } }).message).toBe(`400 ${message}`)
  })

  it('knows a refusal by DashScope’s inspection (litellm#41682)', () => {
    const error = {
      code: 'data_inspection_failed',
      message: '<400> Input data may contain inappropriate content.',
    }
    expect(failure(400, { error })).toMatchObject({
      name: 'ContentFilterError',
      status: 400,
      code: 'data_inspection_failed',
      retryable: false,
    })
  })

  it('gives code, type and param', () => {
    const body = { error: { message: 'm', code: 7, type: 't', param: 'p' } }
    expect(failure(418, body)).toMatchObject({ code: '7', type: 't', param: 'p', body })
  })

  it('leaves out what the service leaves null', () => {
    const { code, type, param } = failure(500, {
      error: { message: 'm', code: null, type: null, param: null },
    })
    expect({ code, type: type ?? undefined, param: param ?? undefined }).toEqual({})
  })

  it.each([
    ['<!DOCTYPE html><html><body>secret</body></html>', 'text/html'],
    ['\n  <html>secret</html>', 'text/html; charset=utf-8'],
    ['<?xml version="1.0"?><Error>secret</Error>', 'application/xml'],
    [JSON.stringify({ error: '<html>secret</html>' }), 'application/json'],
    [JSON.stringify({ detail: '<html>secret</html>' }), 'application/json'],
  ])('does not put markup into the message: %s', (body, type) => {
    const error = failure(502, body, { 'content-type': type })
    expect(error).toBeInstanceOf(ServerError)
    expect(error.message).not.toMatch(/secret|</)
  })

  it('has a message of 2 kB at most', () => {
    expect(failure(500, { error: { message: 'x'.repeat(100_000) } }).message.length).toBeLessThanOrEqual(2048)
    expect(failure(500, 'x'.repeat(100_000)).message.length).toBeLessThanOrEqual(2048)
  })

  it('survives what is nested too deeply, and hostile keys', () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
    expect(failure(500, deep)).toBeInstanceOf(ServerError)
    const hostile = failure(
      400,
      '{"__proto__":{"retryable":true},"error":{"__proto__":{"code":"x"},"message":"m"}}',
    )
    expect(hostile).toMatchObject({ message: '400 m', retryable: false })
    expect(({} as { code?: unknown }).code).toBeUndefined()
  })

  it.each([{ message: {} }, { message: [] }, { message: 5 }, { code: {} }, { type: [] }, 5, true, [], {}])(
    'survives an error that is %j',
    error => {
      const failed = failure(500, { error })
      expect(failed).toBeInstanceOf(ServerError)
      expect(typeof failed.message).toBe('string')
      expect(['string', 'undefined']).toContain(typeof failed.code)
    },
  )
})

describe('a request that the service finds bad', () => {
  it.each([400, 422])('is a ValidationError with one issue: %i', status => {
    const error = failure(status, { error: { message: 'Too hot', param: 'temperature' } })
    expect(error).toBeInstanceOf(ValidationError)
    expect(error.issues).toEqual([{ path: 'temperature', message: 'Too hot' }])
    expect(failure(status, {}).issues).toHaveLength(1)
  })

  it('tells of a parameter that the model does not take', () => {
    const message =
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    const error = failure(400, {
      error: { message, type: 'invalid_request_error', param: 'max_tokens', code: 'unsupported_parameter' },
    })
    expect(error).toMatchObject({
      issues: [{ path: 'max_tokens', message }],
      code: 'unsupported_parameter',
      status: 400,
    })
  })
})

describe('what is around the body', () => {
  it('gives the request id, the wait and the headers', () => {
    const error = failure(429, {}, { 'x-request-id': 'req_1', 'retry-after': '2', 'x-more': 'yes' })
    expect(error).toMatchObject({ requestId: 'req_1', retryAfter: 2000 })
    expect(error.headers.get('x-more')).toBe('yes')
  })

  it('reads the wait that Google names in the body, behind a header (vercel/ai#18627)', () => {
    const detail = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '35.5s' }
    const body = [{ error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'm', details: [{}, detail] } }]
    expect(failure(429, body)).toMatchObject({ name: 'RateLimitError', retryAfter: 35_500 })
    expect(failure(429, body, { 'retry-after': '2' }).retryAfter).toBe(2000)
    for (const retryDelay of ['35', '-1s', 's', 5, null, '1.2.3s']) {
      const odd = { error: { code: 429, message: 'm', details: [{ ...detail, retryDelay }] } }
      expect(failure(429, odd).retryAfter).toBeUndefined()
    }
  })

  it.each(['x-request-id', 'request-id', 'apim-request-id', 'x-amzn-requestid'])(
    'finds the id of a request under the name %s',
    name => {
      expect(failure(500, {}, { [name]: 'req_1' }).requestId).toBe('req_1')
    },
  )

  it('has the key nowhere', () => {
    const key = 'sk-secret-key'
    const escaped = 'sk-secret-\\u006bey'
    for (const body of [
      key,
      `{"error":"${escaped}"}`,
      `{"error":{"message":"m","code":"${escaped}","type":"${escaped}","param":"${escaped}"}}`,
    ]) {
      const error = failure(401, body, { 'x-echo': `Bearer ${key}`, 'x-request-id': key }, key)
      const all = [
        error.message,
        error.stack,
        JSON.stringify(error),
        JSON.stringify(error.body),
        ...error.headers.values(),
      ]
      expect(all.join('\n')).not.toContain(key)
    }
  })
})
