/** One limit that the service sets. A member is there only where the service told it in a form that is known. */
export interface RateLimit {
  /** How many are allowed until the reset. */
  readonly limit?: number
  /** How many are left. */
  readonly remaining?: number
  /** Whole milliseconds from the answer until all of them are allowed again. */
  readonly reset?: number
}

/** The limits that an answer tells of. */
export interface RateLimits {
  readonly requests?: RateLimit
  readonly tokens?: RateLimit
}

/** A line a header: the name without its last parts is of requests, a value may be `6m0s`. A window may be in the name. */
const HEADER =
  /^x-ratelimit-(limit|remaining|reset)-?(requests|tokens|req)?(?:-(?:second|minute|hour|day|month))?,(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:([\d.]{1,15})(?:s|$))?(?:([\d.]+)ms)?$/gm

/** The draft standard's one header: `"default";r=50;t=30`. */
function readDraft(headers: Headers): RateLimit | undefined {
  const { r, t } = Object.fromEntries(
    Array.from(
      (headers.get('ratelimit') ?? '').matchAll(/;\s*([rt])=(\d{1,12})(?!\d)/g),
      ([, name, value]) => [name!, value],
    ),
  )
  return r === undefined
    ? undefined
    : { remaining: Number(r), ...(t !== undefined && { reset: Number(t) * 1000 }) }
}

/**
 * Reads what an answer tells of the service's limits: `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, with a window at
 * the end of the name at Cerebras and Mistral, and the `RateLimit` header of the IETF's draft. A reset is a time such as `120ms`
 * or `6m0s` (OpenAI, Groq), seconds (Azure), or a date in milliseconds or seconds since 1970 (OpenRouter). What is in no such
 * form is taken for absent.
 *
 * @example
 * const { headers } = await createChatCompletion(client, request).withResponse()
 * rateLimits(headers).tokens?.remaining
 */
export function rateLimits(headers: Headers): RateLimits {
  const limits: { [kind: string]: RateLimit } = {}
  const draft = readDraft(headers)
  if (draft) limits.requests = draft
  const lines = [...headers].join('\n')
  for (const [, field, name = 'requests', h = 0, m = 0, s = 0, ms = 0] of lines.matchAll(HEADER)) {
    const kind = name === 'req' ? 'requests' : name
    let value = (+h * 60 + +m) * 60 + +s
    if (field === 'reset') {
      value = Math.round(value * 1e3 + +ms)
      // Only a date is that large.
      if (value > 1e12) value = (value > 1e15 ? value / 1e3 : value) - Date.now()
    }
    if (value >= 0) limits[kind] = { ...limits[kind], [field!]: value }
  }
  return limits
}
