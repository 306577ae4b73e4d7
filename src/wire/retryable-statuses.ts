/** RFC 9110, RFC 6585, RFC 8470; 520 to 524 are Cloudflare's for a service out of its reach, 529 is "overloaded" at several. */
export const RETRYABLE_STATUSES: readonly number[] = [
  408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529,
]
