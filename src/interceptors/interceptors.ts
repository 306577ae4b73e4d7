import { createFetch } from 'ofetch'
import { answerOf, readable } from '../call/answer.ts'
import { originOf } from '../call/origin-of.ts'
import { type Call, type FetchInit, type FetchPolicy, policy } from '../call/policy.ts'
import { isSecret } from '../call/secrets.ts'
import { untilAborted } from '../call/signals.ts'
import { isLLMError, LLMError } from '../errors/llm-error.ts'

/**
 * What a hook is given: ofetch's own `FetchContext`, so that hooks written for ofetch fit. The type is repeated here because ofetch's
 * declarations import those of `undici`, which not every project has.
 */
export interface InterceptorContext {
  /** The whole URL. */
  request: string | Request
  options: Omit<RequestInit, 'body' | 'headers'> & {
    headers: Headers
    // biome-ignore lint/suspicious/noExplicitAny: ofetch makes JSON of what is not a body
    body?: any
    // biome-ignore lint/suspicious/noExplicitAny: ofetch makes texts of them
    query?: Record<string, any>
  }
  response?: Response
  error?: Error
}

type Hook<More = object> = (context: InterceptorContext & More) => unknown

/** ofetch's hooks, each one function or a list of them. What they return is waited for. */
export interface InterceptorOptions {
  /** A request is about to be sent. `context.options.headers` may be changed. */
  readonly onRequest?: Hook | readonly Hook[] | undefined
  /** There is no answer, or none that can be used: `context.error` says why. */
  readonly onRequestError?: Hook<{ error: Error }> | readonly Hook<{ error: Error }>[] | undefined
  /** An answer is there, whatever its status. */
  readonly onResponse?: Hook<{ response: Response }> | readonly Hook<{ response: Response }>[] | undefined
  /** The answer's status is 400 or above; called after `onResponse`. */
  readonly onResponseError?:
    | Hook<{ response: Response }>
    | readonly Hook<{ response: Response }>[]
    | undefined
}

/** Stands for a secret until the request goes out. */
const REDACTED = '[redacted]'

/** What ofetch is not to do: to send again, to read the body, or to make an error that holds all headers of a status. */
const FIXED = { retry: false, responseType: 'stream', ignoreResponseError: true } as const

/** Shows hooks which headers there are, and of the secret ones no more. `key` stands for one that each attempt is signed with. */
function hide(headers: Headers, key: Call['key']): Headers {
  const shown = new Headers([...headers].map(([name, value]) => [name, isSecret(name) ? REDACTED : value]))
  if (key && !shown.has('authorization')) shown.set('authorization', REDACTED)
  return shown
}

/** Makes the headers to send of those that the hooks have left. Secrets that they left alone go to the same origin only. */
function reveal(left: Headers, own: Headers, sameOrigin: boolean): Headers {
  const headers = new Headers(left)
  for (const [name, value] of left) {
    if (value !== REDACTED) continue
    headers.delete(name)
    if (sameOrigin && own.has(name)) headers.set(name, own.get(name)!)
  }
  return headers
}

function urlOf(request: unknown): string {
  return `${Object(request).url ?? request}`
}

function readHeaders({ options }: InterceptorContext): Headers {
  try {
    return new Headers(options.headers)
  } catch {
    // The platform's error would print the value.
    throw new LLMError('onRequest set a header that cannot be sent', { code: 'HOOK_FAILED' })
  }
}

/** The response that an error tells of: inside a client a refusal is thrown, not returned. */
function responseOf(error: unknown): Response | undefined {
  const { status, headers, body } = Object(error)
  if (!isLLMError(error) || !headers || status > 599) return undefined
  return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers })
}

/** Ends an answer that nobody will read. */
function drop(response: Response | undefined): void {
  // The body of a client's stream is locked by its reader.
  const answer = response && answerOf(response)
  if (answer) answer.cancel?.()
  else response?.body?.cancel().catch(() => {})
}

/** What the caller is thrown where a hook, or ofetch for one, threw. */
function hookFailure(name: string, cause: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted || isLLMError(cause)) return cause
  // The platform's error for a bad header prints its value, a key's too.
  const isSafe = !(cause instanceof TypeError && /header/i.test(cause.message))
  return new LLMError(`${name} failed`, { code: 'HOOK_FAILED', ...(isSafe && { cause }) })
}

/**
 * ofetch's hooks, for each request that is sent: place it innermost, inside `retry`. The context is ofetch's own, except that it has
 * no key: `options.headers` holds `[redacted]` for each header that may be a secret. It is sent all the same, unless a hook sets it
 * anew, deletes it or sends the request to another origin. Besides headers, hooks may change `options.query`, `options.body` and
 * `request`.
 *
 * Inside a client `response` is complete: its data are in `response._data`, as the caller gets them; the body of a stream must not
 * be read. `onRequestError` is told of the library's own errors, `onResponseError` of each status from 400 on.
 *
 * A hook that throws ends the request with an {@link LLMError} of code `'HOOK_FAILED'`, which has what it threw as its `cause`; an
 * `LLMError` of its own is thrown as it is.
 *
 * @see https://github.com/unjs/ofetch#%EF%B8%8F-interceptors
 */
export function interceptors(hooks: InterceptorOptions = {}): FetchPolicy {
  return policy('interceptors', async ({ input, init, signal, call }, passOn) => {
    const { call: _, ...options } = init
    const own = new Headers(init.headers ?? (Object(input).headers as Headers | undefined))
    const shown = hide(own, call?.key)
    let left = shown
    let answer: Response | undefined
    let failure: { readonly error: unknown } | undefined

    const run = async (name: keyof InterceptorOptions, context: InterceptorContext) => {
      try {
        for (const hook of [hooks[name] ?? []].flat() as Hook[])
          await untilAborted(signal, Promise.resolve(hook(context)))
      } catch (cause) {
        failure = { error: hookFailure(name, cause, signal) }
        throw cause
      }
    }
    /** Says what is sent: nothing new where the hooks have left the headers alone. */
    const changesOf = (request: unknown, init: FetchInit): FetchInit => {
      const sameOrigin = request === input || originOf(urlOf(request)) === originOf(urlOf(input))
      const isSame = sameOrigin && `${[...left]}` === `${[...shown]}`
      const signs = sameOrigin && left.get('authorization') === REDACTED
      return {
        ...(init.body !== undefined && { body: init.body }),
        ...(signal && { signal }),
        ...(!isSame && { headers: reveal(left, own, sameOrigin) }),
        ...(call && { call: signs ? call : { ...call, key: undefined } }),
      }
    }
    const send = async (request: string, init: FetchInit) => {
      failure = undefined
      try {
        const changes = changesOf(request, init)
        const response = await passOn(undefined, request === input ? changes : { ...changes, url: request })
        answer = readable(response)
        return answer
      } catch (error) {
        // ofetch would put it into one that holds all headers.
        failure = { error }
        const refused = responseOf(error)
        if (refused) return refused
        throw error
      }
    }

    try {
      const response = await createFetch({ fetch: send as typeof fetch }).raw(input as string, {
        ...(options as object),
        ...FIXED,
        headers: shown,
        async onRequest(context) {
          await run('onRequest', context)
          left = readHeaders(context)
        },
        onRequestError: context => run('onRequestError', context),
        async onResponse(context) {
          const { response } = context
          const known = answerOf(response)
          if (known) Object.assign(response, { _data: known.data })
          await run('onResponse', context)
          // ofetch itself calls these only where it throws.
          if (response.status >= 400) await run('onResponseError', context)
        },
      })
      if (!failure) return response
    } catch (thrown) {
      failure ??= { error: hookFailure('ofetch', thrown, signal) }
    }
    drop(answer)
    throw failure.error
  })
}
