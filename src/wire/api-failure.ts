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
import { fromWire, type Json } from './names.ts'
import { retryAfter, retryDelayIn } from './retry-after.ts'
import { RETRYABLE_STATUSES } from './retryable-statuses.ts'

/** Finds the id by which the service's support finds a request. */
export function requestIdOf(headers: Headers, scrub: (text: string) => string = String): string | undefined {
  const name = ['x-request-id', 'request-id', 'apim-request-id', 'x-amzn-requestid'].find(name =>
    headers.has(name),
  )
  return name && scrub(headers.get(name)!)
}

/** A status in words; the first that fits counts. */
const STATUSES: readonly (readonly [status: number, words: RegExp])[] = [
  [429, /rate.?limit|too.?many|quota|billing|balance|exhausted|throttl/],
  // Before what is bad of a request: Anthropic says of an overload that the request was invalid.
  [500, /unavailable|overload/],
  [401, /auth|api.?key/],
  [403, /permission|forbidden/],
  [400, /invalid|bad.?request/],
  [500, /server|internal|upstream|resource|timeout|api.?err/],
]

const CLASSES: { readonly [status: number]: typeof APIError | typeof ValidationError } = {
  400: ValidationError,
  401: AuthenticationError,
  403: PermissionError,
  404: NotFoundError,
  409: ConflictError,
  422: ValidationError,
  429: RateLimitError,
}

/** The texts of a body without secrets; a key spelled with \u escapes, or in a name, only shows once it is parsed. */
export function parseScrubbed(text: string, scrub: (text: string) => string): unknown {
  try {
    return JSON.parse(scrub(JSON.stringify(JSON.parse(text))), (_, value) =>
      typeof value === 'string' ? scrub(value) : value,
    )
  } catch {
    return scrub(text)
  }
}

/**
 * Makes the error that a body tells of, in whichever known shape: `{"error":{…}}`, `{"error":"…"}`, `{"errors":[{…}]}`
 * (Cloudflare), a flat `{"object":"error"}` (vLLM) or `{"code","msg"}`, `{"detail":…}` (FastAPI), `base_resp` (MiniMax), a list of
 * one (Gemini), plain text, HTML.
 *
 * @param scrub replaces the caller's secrets in a text
 */
export function apiFailure(
  text: string,
  { status: sent, headers }: Pick<Response, 'status' | 'headers'>,
  scrub: (text: string) => string,
): LLMError {
  const body = parseScrubbed(text, scrub)
  const outer = [fromWire(body)].flat()[0]
  const { error, errors, baseResp }: Json = Object(outer)
  const given = error ?? [errors].flat()[0] ?? baseResp ?? outer
  const both: readonly Json[] = [Object(given), Object(outer)]
  /** Finds the first text or number of these names: a service may put anything anywhere. */
  const find = (...names: readonly string[]) =>
    both
      .flatMap(fields => names.map(name => fields[name]))
      .find(value => value !== '' && /^(string|number)$/.test(typeof value))
      ?.toString()
  const code = find('code', 'statusCode', 'errorCode')
  const type = find('type', 'status')
  const param = find('param')
  const said =
    find('message', 'msg', 'statusMsg', 'detail') ??
    (typeof given === 'string' ? given : JSON.stringify(both[0]!.detail ?? both[0]))
  // MiniMax has no other word than its message.
  const words = `${code} ${type} ${baseResp && said}`.toLowerCase()
  const named = [find('status'), find('statusCode'), code].find(one => /^[45]\d\d$/.test(one!))
  const status =
    sent < 400 ? Number(named ?? STATUSES.find(([, form]) => form.test(words))?.[0] ?? sent) : sent
  const message = /^\s*<[!?a-z]/i.test(said) ? 'HTML' : said.slice(0, 2044)
  const Failure = /content.?(filter|policy)|data.?inspection/.test(words)
    ? ContentFilterError
    : (CLASSES[status] ?? (status < 500 ? APIError : ServerError))
  const asked = headers.get('x-should-retry')
  const safeHeaders = new Headers([...headers].map(([name, value]) => [name, scrub(value)]))
  const details: ServiceErrorDetails & ValidationErrorDetails = {
    status,
    code,
    type,
    param,
    body,
    ...((Failure === ValidationError && {
      issues: [{ path: param ?? '', message }],
    }) as ValidationErrorDetails),
    requestId: requestIdOf(safeHeaders),
    retryAfter: retryAfter(headers) ?? retryDelayIn(text),
    headers: safeHeaders,
    // A spent budget does not come back by waiting.
    retryable: asked
      ? asked === 'true'
      : RETRYABLE_STATUSES.includes(status) &&
        !/insufficient.(quota|balance|fund|credit)|billing|spend|current_quota/.test(words),
  }
  return new Failure(`${status} ${message}`, details)
}
