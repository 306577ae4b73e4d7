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
import { isObject, type Json } from './names.ts'
import { retryAfter } from './retry-after.ts'
import { RETRYABLE_STATUSES } from './retryable-statuses.ts'

/** Finds the id by which the service's support finds a request. */
export function requestIdOf(headers: Headers): string | undefined {
  for (const name of ['x-request-id', 'request-id', 'apim-request-id', 'x-amzn-requestid']) {
    const id = headers.get(name)
    if (id) return id
  }
  return undefined
}

/** The first of some values that is a text or a number: a service may put anything anywhere. */
function firstWord(...values: readonly unknown[]): string | undefined {
  const found = values.find(value => (typeof value === 'string' && value) || typeof value === 'number')
  return found === undefined ? undefined : `${found as string | number}`
}

/** What a service says of a failure, wherever it says it. */
interface Said {
  readonly code: string | undefined
  readonly type: string | undefined
  readonly param: string | undefined
  readonly message: string
  /** A status that it names in the body. */
  readonly status: number | undefined
  /** Its code and type, in lower case. */
  readonly words: string
  /** How long it asks to wait, in milliseconds: Google's `RetryInfo`. */
  readonly wait: number | undefined
}

/**
 * Reads what a body says, in every known shape: `{"error":{…}}`, `{"error":"…"}`, `{"errors":[{…}]}` (Cloudflare), a flat
 * `{"object":"error"}` (vLLM) or `{"code","msg"}`, `{"detail":…}` (FastAPI), `base_resp` (MiniMax), a list of one (Gemini).
 */
function readFailure(body: unknown): Said {
  const outer: Json = Object(Array.isArray(body) ? body[0] : body)
  const base = outer.base_resp ?? outer.baseResp
  const given = outer.error ?? (Array.isArray(outer.errors) ? outer.errors[0] : undefined) ?? base ?? outer
  const error: Json = Object(given)
  const code = firstWord(error.code, error.status_code, error.statusCode, outer.code, outer.error_code)
  const type = firstWord(error.type, error.status, outer.type)
  const message =
    firstWord(error.message, error.msg, error.status_msg, error.statusMsg, error.detail, outer.message, outer.msg) ??
    (typeof given === 'string' ? given : JSON.stringify(error.detail ?? given))
  const statuses = [error.status, error.statusCode, error.code, outer.status, outer.statusCode, outer.code]
  const info = Array.isArray(error.details) && error.details.find(detail => isObject(detail) && detail.retryDelay)
  const seconds = /^([\d.]+)s$/.exec(`${(info as Json)?.retryDelay}`)?.[1]
  return {
    code,
    type,
    param: firstWord(error.param, outer.param),
    message,
    status: statuses.map(Number).find(status => status >= 400 && status < 600),
    // MiniMax has no other word than its message.
    words: `${code} ${type} ${base ? message : ''}`.toLowerCase(),
    wait: seconds === undefined ? undefined : Math.round(Number(seconds) * 1000),
  }
}

/** The status of an error; one inside a 200 names it in numbers, or in words. */
function statusOf(sent: number, { status, words }: Said): number {
  if (sent >= 400) return sent
  if (status) return status
  if (/rate.?limit|too.?many|quota|billing|balance|exhausted|throttl/.test(words)) return 429
  if (/auth|api.?key/.test(words)) return 401
  if (/permission|forbidden/.test(words)) return 403
  if (/invalid|bad.?request/.test(words)) return 400
  return /server|internal|overload|unavailable|upstream|resource/.test(words) ? 500 : sent
}

/** A spent budget does not come back by waiting. */
function isRetryable(status: number, words: string, headers: Headers): boolean {
  const asked = headers.get('x-should-retry')
  if (asked) return asked === 'true'
  return RETRYABLE_STATUSES.includes(status) && !/insufficient.(quota|balance|fund|credit)|billing|spend|current_quota/.test(words)
}

function classOf(status: number, words: string): typeof APIError | typeof ValidationError {
  if (/content.?(filter|policy)|data.?inspection/.test(words)) return ContentFilterError
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

/** The texts of a body without secrets; a key spelled with \u escapes, or in a name, only shows once it is parsed. */
function parseScrubbed(text: string, scrub: (text: string) => string): unknown {
  try {
    const plain = scrub(JSON.stringify(JSON.parse(text)))
    return JSON.parse(plain, (_, value) => (typeof value === 'string' ? scrub(value) : value))
  } catch {
    return scrub(text)
  }
}

/**
 * Makes the error that a body tells of, in whichever shape: JSON, plain text, HTML.
 *
 * @param scrub replaces the caller's secrets in a text
 */
export function apiFailure(
  text: string,
  { status: sent, headers }: Pick<Response, 'status' | 'headers'>,
  scrub: (text: string) => string,
): LLMError {
  const body = parseScrubbed(text, scrub)
  const said = readFailure(body)
  const { code, type, param, words, wait } = said
  const status = statusOf(sent, said)
  const message = (/^\s*<[!?a-z]/i.test(said.message) ? 'HTML' : said.message).slice(0, 2048)
  const Failure = classOf(status, words)
  const safeHeaders = new Headers([...headers].map(([name, value]) => [name, scrub(value)]))
  const details: ServiceErrorDetails & Partial<ValidationErrorDetails> = {
    status,
    code,
    type,
    param,
    body,
    ...(Failure === ValidationError && { issues: [{ path: param ?? '', message }] }),
    requestId: requestIdOf(safeHeaders),
    retryAfter: retryAfter(headers) ?? wait,
    headers: safeHeaders,
    retryable: isRetryable(status, words, headers),
  }
  return new Failure(`${status} ${message}`, details as ServiceErrorDetails & ValidationErrorDetails)
}
