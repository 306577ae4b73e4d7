/** One limit that the service sets. A member is there only where the service told it in a form that is known. */
export interface RateLimit {
  /** How many there may be until the reset. */
  readonly limit?: number
  /** How many are left. */
  readonly remaining?: number
  /** Whole milliseconds from the answer until all of them are there again. */
  readonly reset?: number
}

/** The limits that an answer tells of. */
export interface RateLimits {
  readonly requests?: RateLimit
  readonly tokens?: RateLimit
}

/** A line a header: the name without its last part is of requests, a value may be `6m0s`. */
const HEADER =
  /^x-ratelimit-(limit|remaining|reset)-?(requests|tokens)?,(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:([\d.]{1,15})(?:s|$))?(?:([\d.]+)ms)?$/gm

/**
 * Reads `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`. A reset is a time such as `120ms` or `6m0s` (OpenAI, Groq), seconds
 * (Azure), or a date in milliseconds or seconds since 1970 (OpenRouter). What is in no such form is taken for absent.
 */
export function readRateLimits(headers: Headers): RateLimits {
  const limits: { [kind: string]: RateLimit } = {}
  const lines = [...headers].join('\n')
  for (const [, field, kind = 'requests', h = 0, m = 0, s = 0, ms = 0] of lines.matchAll(HEADER)) {
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
