import { APIError, type ServiceErrorDetails } from '../errors/api-error.ts'
import { AuthenticationError } from '../errors/authentication-error.ts'
import { ConflictError } from '../errors/conflict-error.ts'
import { ContentFilterError } from '../errors/content-filter-error.ts'
import type { LLMError } from '../errors/llm-error.ts'
import { NotFoundError } from '../errors/not-found-error.ts'
import { PermissionError } from '../errors/permission-error.ts'
import { RateLimitError } from '../errors/rate-limit-error.ts'
import { ServerError } from '../errors/server-error.ts'
import { ValidationError, type ValidationErrorDetails } from '../errors/validation-error.ts'
import { retryAfter } from './retry-after.ts'
import { RETRYABLE_STATUSES } from './retryable-statuses.ts'

/** Replaces the caller's secrets in a text. */
export type Scrub = (text: string) => string

/** The id by which the service's support finds a request. */
export function requestIdOf(headers: Headers): string | undefined {
  return headers.get('x-request-id') ?? undefined
}

/** The status of an error; one inside a 200 names it in its `code`, or in words. */
function statusOf(status: number, code: unknown, words: string): number {
  if (status >= 400) return status
  if ((code as number) >= 400 && (code as number) < 600) return Number(code)
  if (/rate.?limit|too_many|quota|billing/.test(words)) return 429
  if (/auth|api_key/.test(words)) return 401
  if (/invalid/.test(words)) return 400
  return /server|internal|overload/.test(words) ? 500 : status
}

/** A spent budget does not come back by waiting. */
function isRetryable(status: number, words: string, headers: Headers): boolean {
  const asked = headers.get('x-should-retry')
  if (asked) return asked === 'true'
  return RETRYABLE_STATUSES.includes(status) && !/insufficient|billing|spend/.test(words)
}

function classOf(status: number, words: string): typeof APIError | typeof ValidationError {
  if (/content.?(filter|policy)/.test(words)) return ContentFilterError
  const classes: { readonly [status: number]: typeof APIError | typeof ValidationError } = {
    400: ValidationError,
    401: AuthenticationError,
    403: PermissionError,
    404: NotFoundError,
    409: ConflictError,
    422: ValidationError,
    429: RateLimitError,
  }
  return classes[status] ?? (status >= 500 ? ServerError : APIError)
}

/**
 * The error that a body tells of, whichever known shape it has: `{"error":{…}}`, `{"error":"…"}`, a flat
 * `{"object":"error"}` (vLLM), `{"detail":…}` (FastAPI), a list of one (Gemini), plain text, HTML.
 */
export function apiFailure(text: string, { status: sent, headers }: Response, scrub: Scrub): LLMError {
  let body: unknown = scrub(text)
  try {
    // A key spelled with \u escapes only shows once it is parsed.
    body = JSON.parse(body as string, (_, value) => (typeof value === 'string' ? scrub(value) : value))
  } catch {}
  const outer = Object(Array.isArray(body) ? body[0] : body)
  const error = outer.error ?? outer
  const { code = outer.code, type, param, message = error.detail ?? error } = error
  const words = `${code} ${type}`
  const status = statusOf(sent, code, words)
  const said = Object(message) instanceof String ? `${message}` : JSON.stringify(message)
  const summary = `${status} ${/^\s*</.test(said) ? 'HTML' : said}`.slice(0, 2048)
  const Failure = classOf(status, words)
  const safeHeaders = new Headers([...headers].map(([name, value]) => [name, scrub(value)]))
  const details: ServiceErrorDetails & Partial<ValidationErrorDetails> = {
    status,
    code: code == null ? undefined : `${code}`,
    type: type ?? undefined,
    param: param ?? undefined,
    body,
    ...(Failure === ValidationError && { issues: [{ path: param ?? '', message: summary }] }),
    requestId: requestIdOf(safeHeaders),
    retryAfter: retryAfter(headers),
    headers: safeHeaders,
    retryable: isRetryable(status, words, headers),
  }
  return new Failure(summary, details as ServiceErrorDetails & ValidationErrorDetails)
}
