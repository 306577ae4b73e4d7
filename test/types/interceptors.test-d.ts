import type { FetchContext, FetchHooks } from 'ofetch'
import { expectTypeOf } from 'vitest'
import { LLMClient } from '../../src/index.ts'
import {
  type InterceptorContext,
  type InterceptorOptions,
  interceptors,
} from '../../src/interceptors/index.ts'

// Hooks written for ofetch fit, one or many.
declare const hooks: FetchHooks
interceptors(hooks)
new LLMClient({ interceptors: interceptors(hooks) })
expectTypeOf<FetchHooks>().toExtend<InterceptorOptions>()
expectTypeOf<InterceptorContext>().toExtend<FetchContext>()

// What a hook is told of is there without a guard.
interceptors({
  onRequest({ request, options }) {
    expectTypeOf(request).toEqualTypeOf<string | Request>()
    options.headers.set('a', 'b')
    options.query = { a: 1 }
  },
  onRequestError: [({ error }) => expectTypeOf(error).toEqualTypeOf<Error>()],
  async onResponse({ response }) {
    expectTypeOf(response.status).toBeNumber()
  },
  onResponseError: ({ response }) => expectTypeOf(response.status).toBeNumber(),
})

// @ts-expect-error A request has no answer yet.
interceptors({ onRequest: ({ response }) => response.status })
