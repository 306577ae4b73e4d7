import { describe, expect, it } from 'vitest'
import { validationError } from '../../src/errors/validation-error.ts'
import { CircuitOpenError, ConnectionError, isLLMError, LLMError, RateLimitError } from '../../src/index.ts'
import { errors, service } from './all-errors.ts'

describe.each(errors)('%s', (name, error, parent) => {
  it('has its name, its parent and a message', () => {
    expect(error.name).toBe(name)
    expect(Object.getPrototypeOf(error.constructor)).toBe(parent)
    expect(error).toBeInstanceOf(Error)
    expect(error).toBeInstanceOf(LLMError)
    expect(error.message).toBe('m')
    expect(`${error}`).toBe(`${name}: m`)
    expect(isLLMError(error)).toBe(true)
  })

  it('is not retryable unless it is told so', () => {
    expect(error.retryable).toBe(false)
  })

  it('becomes JSON without headers, body and the text of the model', () => {
    error.partial = { id: 'hidden' }
    const summary = JSON.parse(JSON.stringify(error))
    expect(summary).toMatchObject({ name, message: 'm', retryable: false })
    expect(Object.keys(summary)).not.toEqual(expect.arrayContaining(['headers']))
    expect(JSON.stringify(error)).not.toContain('hidden')
    // Nor in what runtimes print, which are the enumerable members.
    expect(JSON.stringify({ ...error, body: undefined })).not.toContain('hidden')
    expect(error.partial).toEqual({ id: 'hidden' })
  })
})

describe('LLMError', () => {
  it('keeps its cause where errors keep it: not enumerable', () => {
    const cause = new TypeError('why')
    const error = new ConnectionError('m', { cause, code: 'ECONNREFUSED', retryable: true })
    expect(error).toMatchObject({ code: 'ECONNREFUSED', retryable: true })
    expect(error.cause).toBe(cause)
    expect(Object.keys(error)).not.toContain('cause')
    expect('cause' in new ConnectionError('m')).toBe(false)
  })

  it('has a fixed code where the breaker is open', () => {
    expect(new CircuitOpenError('m', { retryAt: 5 })).toMatchObject({ code: 'CIRCUIT_OPEN', retryAt: 5 })
  })

  it('takes over what the service said', () => {
    const error = new RateLimitError('m', {
      ...service,
      status: 429,
      code: 'slow_down',
      type: 'requests',
      param: 'model',
      requestId: 'req_1',
      retryAfter: 5,
    })
    expect(error).toMatchObject({ status: 429, code: 'slow_down', type: 'requests', param: 'model' })
    expect(error).toMatchObject({
      requestId: 'req_1',
      retryAfter: 5,
      headers: service.headers,
      body: { hidden: true },
    })
  })
})

describe('isLLMError', () => {
  it('knows the errors of another copy of the library', () => {
    // What another copy makes: not an instance of our class, but with the same mark.
    const foreign = Object.defineProperty(new Error('m'), Symbol.for('llmfetch.error'), { value: true })
    expect(foreign).not.toBeInstanceOf(LLMError)
    expect(isLLMError(foreign)).toBe(true)
  })

  it.each([undefined, null, 0, '', 'LLMError', {}, new Error('m'), Symbol.for('llmfetch.error')])(
    'says no to %s',
    value => {
      expect(isLLMError(value)).toBe(false)
    },
  )
})

describe('validationError', () => {
  it('tells of twenty issues in its message, and of all in `issues`', () => {
    const issues = Array.from({ length: 50_000 }, (_, index) => ({
      path: `messages[${index}]`,
      message: 'is bad',
    }))
    const error = validationError(issues)
    const told = Array.from({ length: 20 }, (_, index) => `messages[${index}] is bad`)
    expect(error.message).toBe(told.join('; '))
    expect(error.issues).toEqual(issues)
  })
})
