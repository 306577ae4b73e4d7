import { expectTypeOf } from 'vitest'
import {
  APIError,
  type CircuitOpenError,
  isLLMError,
  LLMError,
  RateLimitError,
  TimeoutError,
  type TimeoutPhase,
  ValidationError,
  type ValidationIssue,
} from '../../src/index.ts'

declare const error: unknown

if (isLLMError(error)) {
  expectTypeOf(error).toEqualTypeOf<LLMError>()
  expectTypeOf(error.code).toEqualTypeOf<string | undefined>()
  expectTypeOf(error.retryable).toEqualTypeOf<boolean>()
  expectTypeOf(error.toJSON()).toEqualTypeOf<object>()
}
if (error instanceof APIError) {
  expectTypeOf(error.status).toEqualTypeOf<number>()
  expectTypeOf(error.headers).toEqualTypeOf<Headers>()
  expectTypeOf(error.body).toEqualTypeOf<unknown>()
  expectTypeOf(error).toExtend<LLMError>()
}
if (error instanceof RateLimitError) expectTypeOf(error.retryAfter).toEqualTypeOf<number | undefined>()
if (error instanceof TimeoutError) expectTypeOf(error.phase).toEqualTypeOf<TimeoutPhase>()
if (error instanceof ValidationError) {
  expectTypeOf(error.issues).toEqualTypeOf<readonly ValidationIssue[]>()
  expectTypeOf(error.status).toEqualTypeOf<number | undefined>()
}
expectTypeOf<CircuitOpenError['retryAt']>().toEqualTypeOf<number>()
expectTypeOf(new LLMError('m', { code: 'c', retryable: true, cause: 5 })).toExtend<Error>()

// @ts-expect-error that there is
new TimeoutError('m', { phase: 'dns' })
// @ts-expect-error a service's error has a status
new APIError('m', { headers: new Headers() })
